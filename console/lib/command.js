// The command view: a form from the dictionary, two steps for what is hazardous, and what became of each
// command. The server checks everything again; what is checked here only saves a round trip.

import { confirmDialog } from './confirm.js';
import { h, setText, withStyle } from './dom.js';
import { clock, number, utcOf } from './format.js';
import { Known, setToken, token } from './api.js';

const STATES = ['checked', 'awaiting release', 'released', 'radiated', 'received', 'accepted', 'started', 'completed'];
const BAD = ['refused', 'failed', 'expired'];

// What is wrong with a written argument, or its value.
export function read(argument, text) {
  if (argument.choices?.length) return { value: Number(text) };
  const value = Number(String(text).trim().replace('−', '-'));
  if (String(text).trim() === '' || !Number.isFinite(value)) return { wrong: 'a number is needed' };
  if (value < argument.min || value > argument.max) return { wrong: `outside ${range(argument)}` };
  return { value };
}

const short = (v) => (Math.abs(v) >= 1e6 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(2) : number(v, Number.isInteger(v) ? 0 : 3));
const range = (a) => `${short(a.min)} to ${short(a.max)}${a.unit ? ' ' + a.unit : ''}`;

function field(argument) {
  const wrong = h('small.refused');
  const control = argument.choices?.length
    ? h('select', { name: argument.name }, ...argument.choices.map((c) => h('option', { value: String(c.value) }, c.string)))
    : h('input', { name: argument.name, inputmode: 'decimal', autocomplete: 'off', placeholder: range(argument) });
  const check = () => {
    const answer = read(argument, control.value);
    const show = answer.wrong && control.value !== '';
    if (control.tagName === 'INPUT') control.setAttribute('aria-invalid', String(Boolean(show)));
    setText(wrong, show ? answer.wrong : '');
    return answer;
  };
  const element = h('div.field', {}, h('label', {}, argument.name, argument.unit ? h('i', {}, argument.unit) : null), control, wrong);
  return { element, control, check, name: argument.name };
}

// When on board: at once, or at a time of the day given as UTC.
function timeField(api) {
  const wrong = h('small.refused');
  const control = h('input', { name: 'at', autocomplete: 'off', placeholder: 'at once' });
  const check = () => {
    const text = control.value.trim();
    if (!text) return { value: undefined };
    const match = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
    if (!match) return { wrong: 'written as 19:15:45' };
    const day = new Date(api.now()).setUTCHours(0, 0, 0, 0);
    const at = day + ((+match[1] * 60 + +match[2]) * 60 + +(match[3] ?? 0)) * 1000;
    return { value: at < api.now() - 43_200_000 ? at + 86_400_000 : at };
  };
  const show = () => setText(wrong, check().wrong ?? '');
  return { element: h('div.field', {}, h('label', {}, 'at, on-board UTC', h('i', {}, 'hh:mm:ss')), control, wrong), control, check: () => (show(), check()), name: 'at' };
}

function confirmRelease(api, host, command, values, { id, until }) {
  const written = Object.entries(values).map(([k, v]) => `${k} = ${String(v).replace('-', '−')}`).join(', ');
  confirmDialog(host, api, { id, name: command.name, title: `Release ${command.name}?`, text: `${command.text}.${written ? ` ${written}.` : ''}`.replace('..', '.'), until: utcOf(until) ?? api.now() + 30_000, verb: 'Release',
    act: (confirm) => api.post(`/commands/${encodeURIComponent(id)}/release`, { confirm }) });
}

function commandForm(api, host, say, choose) {
  const body = h('div.form');
  const show = (command) => {
    const fields = [...(command.arguments ?? []).map(field), timeField(api)];
    const button = h(command.hazardous ? 'button.hazard' : 'button.main', { type: 'submit' }, command.hazardous ? 'Check, then ask for release' : 'Send');
    const form = h('form', { novalidate: true, onsubmit: submit }, h('h1', {}, command.name, command.hazardous ? h('span.tag', {}, 'hazardous') : null), h('p', {}, command.text),
      ...fields.map((f) => f.element), h('div.row', {}, button));
    form.oninput = () => fields.forEach((f) => f.check());
    async function submit(e) {
      e.preventDefault();
      const values = {};
      for (const f of fields) {
        const answer = f.check();
        if (answer.wrong) {
          f.control.setAttribute('aria-invalid', 'true');
          f.control.focus();
          return say(`${f.name}: ${answer.wrong}`);
        }
        if (answer.value !== undefined) values[f.name] = answer.value;
      }
      const { at, ...written } = values;
      button.disabled = true;
      say('');
      try {
        const answer = await api.post('/commands', { name: command.name, arguments: written, at });
        if (answer.state === 'awaiting release') confirmRelease(api, host, command, written, answer);
      } catch (error) {
        say(error.status === 401 || error.status === 403 ? 'Refused: this page has no valid token.' : `Refused: ${error.message}`, error.status === 401);
      }
      button.disabled = false;
    }
    body.replaceChildren(form);
    choose(command.name);
  };
  return { body, show };
}

function row(command) {
  const bad = BAD.includes(command.state);
  const passed = new Set((command.history ?? []).map((x) => x.state));
  const last = command.history?.at(-1);
  const given = Object.entries(command.arguments ?? {}).map(([k, v]) => `${k} ${String(v).replace('-', '−')}`).join(', ');
  const dots = STATES.filter((name) => name !== 'awaiting release' || passed.has(name))
    .map((name) => h(`i${passed.has(name) ? '.on' : ''}`, { title: name }));
  return h(`tr${bad ? '.bad' : command.state === 'completed' ? '.good' : command.state === 'awaiting release' ? '.wait' : ''}`, { 'data-command': command.id, 'data-state': command.state },
    h('td', {}, clock(utcOf(command.history?.[0]?.utc))), h('td', {}, h('b', {}, command.name), given ? h('small', {}, given) : null), h('td', {}, h('span.dots', {}, ...dots)),
    h('td', {}, h('b', {}, command.state), h('small', {}, [clock(utcOf(last?.utc)), last?.text].filter(Boolean).join(' '))));
}

function history(api) {
  const known = new Known();
  const body = h('tbody');
  const paint = () => body.replaceChildren(...known.list().reverse().map(row));
  const load = () => known.load(() => api.get('/commands')).then(paint).catch(() => {});
  const ends = [api.on('command', (c) => (known.put(c), paint())), api.on('online', (online) => online && load())];
  load();
  const head = h('tr', {}, ...['UTC', 'Command', 'Way', 'State'].map((t) => h('th', {}, t)));
  return { element: h('table', {}, h('thead', {}, head), body), end: () => ends.forEach((end) => end()) };
}

export function mount(container, api) {
  const root = withStyle(container);
  const host = h('main.command');
  root.append(host);
  const message = h('p.refused', { role: 'alert' });
  const access = h('div.access');
  const list = h('ul.list');
  const say = (text, keyed) => (setText(message, text), keyed && paintAccess(true));
  const mark = (name) => [...list.children].forEach((li) => li.setAttribute('aria-selected', String(li.dataset.name === name)));
  const form = commandForm(api, host, say, mark);
  const past = history(api);
  function paintAccess(wrong) {
    const has = token() && !wrong;
    const input = h('input', { type: 'password', placeholder: 'token', 'aria-label': 'Token' });
    access.replaceChildren(has ? h('small', {}, 'This page may command: it holds the operator’s token.') : h('form', { onsubmit: (e) => (e.preventDefault(), setToken(input.value), say(''), paintAccess(false)) },
      h('small', {}, 'Without the operator’s token this page can only watch. Open the address that the program printed, or give the token:'), h('div.row', {}, input, h('button', { type: 'submit' }, 'Use'))));
  }
  paintAccess(false);
  host.append(h('section', {}, h('h2', {}, 'Commands'), list), h('section', {}, form.body, message, access), h('section', {}, h('h2', {}, 'Sent'), h('div.scroll', {}, past.element)));
  api.dictionary.then((dictionary) => {
    const commands = (dictionary.commands ?? []).filter((c) => c.name !== 'schedule'); // made by a time, not by itself
    list.append(...commands.map((c) => h('li', { tabindex: '0', role: 'option', 'data-name': c.name, onclick: () => form.show(c), onkeydown: (e) => e.key === 'Enter' && form.show(c) },
      h('b', {}, c.name), c.hazardous ? h('span.tag', {}, 'hazardous') : null, h('small', {}, c.text))));
    if (commands.length) form.show(commands[0]);
  });
  return () => past.end();
}
