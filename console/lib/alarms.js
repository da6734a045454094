// Alarms: latched by the server, shown until acknowledged. One list for the landing display, for the view of
// its own and for Open MCT's fault page.

import { clock, number } from './format.js';
import { Known } from './api.js';
import { h, setText, withStyle } from './dom.js';

// One shape, whatever the server calls its fields.
export function normal(raw) {
  const severity = String(raw.severity ?? raw.limit ?? 'yellow').toLowerCase();
  const red = ['red', 'high', 'critical'].includes(severity);
  return {
    id: String(raw.id),
    name: raw.name ?? raw.key ?? String(raw.id),
    text: raw.text ?? '',
    severity: red ? 'red' : 'yellow',
    value: raw.value,
    unit: raw.unit ?? '',
    raised: raw.raised_utc ?? raw.utc ?? raw.since ?? raw.first_utc,
    active: raw.active ?? raw.standing ?? raw.cleared_utc == null,
    acknowledged: Boolean(raw.acknowledged ?? raw.acknowledged_utc),
  };
}

export class Alarms extends EventTarget {
  constructor(api) {
    super();
    this.api = api;
    this.known = new Known();
    api.on('alarm', (raw) => this.#put(raw));
    api.on('online', (online) => online && this.load());
    this.load();
  }

  async load() {
    try {
      await this.known.load(() => this.api.get('/alarms'));
      this.dispatchEvent(new Event('change'));
    } catch {
      // The connection's own mark says so.
    }
  }

  #put(raw) {
    this.known.put(raw);
    this.dispatchEvent(new Event('change'));
  }

  // Those that matter first: unacknowledged, then standing, then red, then new.
  list() {
    const rank = (a) => (a.acknowledged ? 0 : 4) + (a.active ? 2 : 0) + (a.severity === 'red' ? 1 : 0);
    return this.known.list().map(normal).filter((a) => a.active || !a.acknowledged).sort((a, b) => rank(b) - rank(a) || b.raised - a.raised);
  }

  acknowledge(id) {
    return this.api.post(`/alarms/${encodeURIComponent(id)}/acknowledge`, {});
  }
}

const shared = new WeakMap();
export function alarmsOf(api) {
  if (!shared.has(api)) shared.set(api, new Alarms(api));
  return shared.get(api);
}

// Draws the list into `host`; returns what ends it.
export function alarmList(host, api) {
  const alarms = alarmsOf(api);
  const message = h('p.refused', { role: 'status', hidden: true });
  const body = h('ul.alarms');
  host.append(message, body);
  const acknowledge = async (id) => {
    message.hidden = true;
    try {
      await alarms.acknowledge(id);
      await alarms.load();
    } catch (error) {
      setText(message, error.status === 401 || error.status === 403 ? 'Not acknowledged: this page has no valid token. Open it by the address the program printed.' : `Not acknowledged: ${error.message}`);
      message.hidden = false;
    }
  };
  const row = (a) =>
    h(`li.alarm.${a.severity}${a.active ? '.standing' : '.past'}${a.acknowledged ? '.seen' : ''}`, { 'data-id': a.id },
      h('span.mark', { 'aria-label': a.severity }, a.severity === 'red' ? '■' : '▲'),
      h('span.what', { title: a.text }, h('b', {}, a.text || a.name), a.text && a.text !== a.name ? h('small', {}, a.name) : null),
      h('span.value', {}, typeof a.value === 'number' ? `${number(a.value, Math.abs(a.value) < 100 ? 2 : 0)} ${a.unit}` : ''),
      h('time', {}, clock(a.raised)),
      h('span.now', {}, a.active ? 'stands' : 'past'),
      a.acknowledged ? h('span.done', {}, 'seen') : h('button', { onclick: () => acknowledge(a.id) }, 'Acknowledge'));
  const paint = () => {
    const list = alarms.list();
    body.replaceChildren(...(list.length ? list.map(row) : [h('li.none', {}, 'No alarm stands or waits to be acknowledged.')]));
  };
  alarms.addEventListener('change', paint);
  paint();
  return () => alarms.removeEventListener('change', paint);
}

export function mount(container, api) {
  const root = withStyle(container);
  const host = h('main.view.pad', {}, h('h1', {}, 'Alarms'));
  root.append(host);
  return alarmList(host, api);
}
