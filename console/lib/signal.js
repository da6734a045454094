// Loss of signal: last contact, the last state and where it leads, the procedure with its log, and the call
// on the landing with the evidence it rests on. Decides nothing: the server does.

import { confirmDialog } from './confirm.js';
import { animate, h, setClass, setText, withStyle } from './dom.js';
import { NONE, ago, clock, length, number, say, speed, utcOf } from './format.js';

const SIGNALS = { waiting: 'No contact yet', acquired: 'Signal', lost: 'Signal lost', occulted: 'Behind the Moon, as planned', ended: 'No station reports' };
const CALLS = { 'in flight': 'In flight', landed: 'Landed', probable: 'Probably landed', unknown: 'Unknown', lost: 'Lost' };

function stateTable() {
  const rows = [['Altitude', (s) => [s.altitude_m, s.altitude_sigma_m, length]], ['Vertical speed, up', (s) => [s.v_up_m_s, s.v_up_sigma_m_s, speed]], ['Horizontal speed', (s) => [s.v_horizontal_m_s, s.v_horizontal_sigma_m_s, speed]],
    ['Tilt', (s) => [s.tilt_deg, undefined, (v) => ({ text: number(v, 1), unit: '°' })]], ['Propellant', (s) => [s.propellant_kg, undefined, (v) => ({ text: number(v, 1), unit: 'kg' })]]];
  const cells = rows.map(() => [h('td'), h('td')]);
  const heads = [h('th'), h('th')];
  const element = h('table.states', {}, h('thead', {}, h('tr', {}, h('th'), ...heads)), h('tbody', {}, ...rows.map(([name], i) => h('tr', {}, h('th', {}, name), ...cells[i]))));
  const text = (state, read) => {
    if (!state) return NONE;
    const [value, sigma, format] = read(state);
    if (value === undefined || value === null) return NONE;
    return say(format(value)) + (sigma > 0 ? ` ± ${say(format(sigma))}` : '');
  };
  return {
    element,
    paint(last, there) {
      setText(heads[0], `Last received, on board ${clock(last?.utc)}`);
      setText(heads[1], there ? `Reckoned for ${clock(there.utc)}, ± 1σ` : 'Reckoning: not needed');
      rows.forEach(([, read], i) => (setText(cells[i][0], text(last, read)), setText(cells[i][1], text(there, read))));
    },
  };
}

function evidenceList(evidence) {
  if (!evidence?.length) return [h('li.none', {}, 'No evidence is needed while telemetry is fresh.')];
  return evidence.map((e) => h('li', {}, h('b', {}, e.source), h('span', {}, e.says), h(`i${e.weight > 0 ? '.for' : e.weight < 0 ? '.against' : ''}`, { title: 'weight' }, e.weight > 0 ? `+${number(e.weight, e.weight % 1 ? 1 : 0)}` : number(e.weight, e.weight % 1 ? 1 : 0))));
}

const PROCEDURE = { idle: 'Not started', running: 'Runs', held: 'Waits for the operator', recovered: 'Signal recovered', exhausted: 'All steps tried', stopped: 'Stopped by the operator' };
const goes = (p) => p.state === 'running' || p.state === 'held';

// One step of the procedure: what it does, and what it brought.
function stepItem(p, step, n) {
  const now = goes(p) && p.step === n;
  const tried = step.state && step.state !== 'waiting';
  const says = now ? (p.confirm ? 'confirm it' : p.state === 'held' ? 'waits' : 'runs') : tried ? step.state : '';
  return h(`li${now ? '.now' : tried ? '.done' : ''}`, {}, h('b', {}, `${n + 1}  ${step.name}`), step.hazardous ? h('span.tag', {}, 'hazardous') : null, h('span', {}, step.text ?? ''), h('i', {}, says));
}

const logItem = (l) => h('li', {}, h('time', {}, clock(utcOf(l.utc))), h('span', {}, l.text));

// When and how fast the ground comes by the last state.
function arrival(there) {
  if (!there) return '';
  const { impact } = there;
  const when = !impact ? '' : ` The ground comes ${impact.expected_utc ? `at ${clock(impact.expected_utc)}` : 'later'}, from ${clock(impact.earliest_utc)} on${impact.latest_utc ? `, by ${clock(impact.latest_utc)}` : ''}, at ${say(speed(impact.speed_m_s))}.`;
  return `Reckoning: ${there.says ?? 'the last state carried on'}.${when}`;
}

export function mount(container, api) {
  const root = withStyle(container);
  const head = { signal: h('b.big'), since: h('span'), ground: h('p.ground') };
  const call = { name: h('b.big'), since: h('span'), evidence: h('ul.evidence') };
  const table = stateTable();
  const procedure = { steps: h('ol.steps'), log: h('ol.log'), message: h('p.refused', { role: 'alert' }), state: h('span'), buttons: h('div.row') };
  const stations = h('ul.stations');
  const panel = (name, title, ...children) => h(`section.${name}`, {}, h('h2', {}, title), ...children);
  const order = async (verb, body) => {
    setText(procedure.message, '');
    try {
      await api.post(`/procedure/${verb}`, body ?? {});
      api.refresh();
      load();
    } catch (error) {
      setText(procedure.message, error.status === 401 || error.status === 403 ? 'Refused: this page has no valid token.' : `Refused: ${error.message}`);
    }
  };
  const start = h('button.main', { onclick: () => order('start', { automatic: true }) }, 'Start procedure');
  const byHand = h('button', { onclick: () => order('start', { automatic: false }) }, 'Start step by step');
  const next = h('button', { onclick: () => askNext() }, 'Next step');
  const stop = h('button', { onclick: () => order('stop') }, 'Stop');
  procedure.buttons.append(start, byHand, next, stop, procedure.state);
  const host = h('main.lossview', {}, panel('contact', 'Signal', head.signal, head.since, table.element, head.ground), panel('call', 'What became of the lander', call.name, call.since, call.evidence, h('small', {}, 'The call rests on sources that do not fail together; navigation’s own estimate weighs nothing.')),
    panel('procedure', 'Procedure', procedure.buttons, procedure.message, procedure.steps), panel('plog', 'Log of the procedure', procedure.log), panel('stations', 'Stations', stations));
  root.append(host);
  let held = null;
  let painted = '';
  const load = () => api.get('/procedure').then((p) => ((held = p), paintProcedure())).catch(() => {});

  // A hazardous step starts only when its name is confirmed.
  function askNext() {
    const step = held?.confirm ? held.steps[held.step] : undefined;
    if (!step) return order('next');
    confirmDialog(host, api, { id: held.step, name: step.name, title: `Start ${step.name}?`, text: step.text + '.', until: utcOf(held.until) ?? api.now() + 60_000, verb: 'Start',
      act: async (confirm) => {
        await api.post('/procedure/next', { confirm });
        load();
      } });
    return undefined;
  }

  function paintProcedure() {
    const p = held ?? api.state?.procedure;
    if (!p) return;
    const text = JSON.stringify(p);
    if (text === painted) return;
    painted = text;
    start.disabled = byHand.disabled = goes(p);
    next.disabled = stop.disabled = !goes(p);
    setText(procedure.state, PROCEDURE[p.state] ?? p.state ?? '');
    procedure.steps.replaceChildren(...(p.steps ?? []).map((step, n) => stepItem(p, step, n)));
    const log = [...(p.log ?? [])].reverse();
    procedure.log.replaceChildren(...(log.length ? log.map(logItem) : [h('li.none', {}, 'Nothing has been tried yet.')]));
  }

  function paint() {
    const { state } = api;
    if (!state) return;
    const light_ms = 1000 * (state.countdown?.light_time_s ?? 0);
    const silent = state.signal !== 'acquired';
    setText(head.signal, api.online ? (SIGNALS[state.signal] ?? state.signal) : 'The ground system does not answer');
    head.signal.className = `big ${silent || !api.online ? 'warn' : 'good'}`;
    setText(head.since, `Last contact ${clock(state.last_contact_utc)} UTC, ${ago(api.now() - state.last_contact_utc)} ago; light takes ${number(light_ms / 1000, 2)} s.`);
    table.paint(state.last_state, silent ? state.extrapolated : null);
    setClass(table.element, 'stale', silent);
    setText(head.ground, silent ? arrival(state.extrapolated) : '');
    const verdict = state.status?.call ?? 'unknown';
    setText(call.name, CALLS[verdict] ?? verdict);
    call.name.className = `big ${verdict === 'landed' ? 'good' : verdict === 'lost' ? 'bad' : verdict === 'in flight' ? '' : 'warn'}`;
    setText(call.since, state.status?.since ? `since ${clock(utcOf(state.status.since))} UTC` : '');
  }

  function paintSlow() {
    const { state } = api;
    call.evidence.replaceChildren(...evidenceList(state?.status?.evidence));
    const list = state?.stations ?? [];
    stations.replaceChildren(...list.map((s) => {
      const carrier = s.carrier_locked ?? s.carrier;
      const angle = s.elevation_deg ?? (s.elevation_rad === undefined ? undefined : (s.elevation_rad * 180) / Math.PI);
      return h('li', {}, h('b', {}, s.name ?? `station ${s.number}`), h(`i${carrier ? '.for' : ''}`, {}, carrier === undefined ? '' : carrier ? 'carrier' : 'no carrier'),
        h('span', {}, [!carrier || typeof s.cn0_dBHz !== 'number' ? '' : `${number(s.cn0_dBHz, 1)} dBHz`, angle === undefined ? '' : `elevation ${number(angle, 0)}°`].filter(Boolean).join(', ')));
    }));
    if (state?.procedure?.steps) held = state.procedure;
    paintProcedure();
  }

  load();
  const ends = [animate(paint, 4), api.on('state', paintSlow), api.on('procedure', (p) => ((held = p), paintProcedure()))];
  const timer = setInterval(load, 2000);
  paintSlow();
  return () => (clearInterval(timer), ends.forEach((end) => end()));
}
