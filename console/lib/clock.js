// Mission time for Open MCT: clocks that tick with the server's time (also in a replay at any speed), the
// time system of on-board UTC, and the time to the planned touchdown.

import { countdown, duration } from './format.js';

class Clock {
  #listeners = [];
  #timer;

  constructor(key, name, description, read) {
    Object.assign(this, { key, name, description, cssClass: 'icon-clock', read });
  }

  currentValue() {
    return this.read();
  }

  on(_event, listener, context) {
    this.#listeners.push({ listener, context });
    this.#timer ??= setInterval(() => {
      const now = this.read();
      for (const l of [...this.#listeners]) l.listener.call(l.context, now);
    }, 250);
    return this;
  }

  off(_event, listener, context) {
    this.#listeners = this.#listeners.filter((l) => l.listener !== listener || (context && l.context !== context));
    if (!this.#listeners.length) this.#timer = clearInterval(this.#timer);
    return this;
  }
}

const MINUTE = 60_000;

// 'T−0:01:15' and back.
const toGo = {
  key: 'tminus',
  format: (ms) => (typeof ms === 'number' ? countdown(-ms) : ms),
  parse: (text) => {
    if (typeof text === 'number') return text;
    const match = /T?\s*([−+-])?(\d+):(\d\d):(\d\d)/.exec(text ?? '');
    if (!match) return NaN;
    const ms = ((+match[2] * 60 + +match[3]) * 60 + +match[4]) * 1000;
    return match[1] === '+' ? ms : -ms;
  },
  validate: (text) => /^T?\s*[−+-]?\d+:\d\d:\d\d$/.test(text),
};
const span = { key: 'span', format: (ms) => duration(ms), parse: (text) => (typeof text === 'number' ? text : Math.abs(toGo.parse('T+' + text))), validate: (text) => /^\d+:\d\d:\d\d$/.test(text) };

// Installs UTC and, when the touchdown is planned, T; returns the time conductor's menu.
export function installClocks(openmct, api, planned_utc) {
  openmct.install(openmct.plugins.UTCTimeSystem());
  openmct.time.addTimeSystem({ key: 'utc', name: 'On-board UTC', cssClass: 'icon-clock', timeFormat: 'utc', durationFormat: 'duration', isUTCBased: true });
  openmct.time.addClock(new Clock('mission', 'Mission clock', 'Server time: now, or the time of the replay', () => api.now()));
  const now = api.now();
  const menu = [
    { name: 'Live', timeSystem: 'utc', clock: 'mission', clockOffsets: { start: -15 * MINUTE, end: 15_000 } },
    { name: 'Fixed', timeSystem: 'utc', bounds: { start: now - 60 * MINUTE, end: now + MINUTE } },
  ];
  if (planned_utc) {
    openmct.telemetry.addFormat(toGo);
    openmct.telemetry.addFormat(span);
    openmct.time.addTimeSystem({ key: 'tminus', name: 'To planned touchdown', cssClass: 'icon-timer', timeFormat: 'tminus', durationFormat: 'span', isUTCBased: false });
    openmct.time.addClock(new Clock('touchdown', 'Touchdown clock', 'Time to the planned touchdown', () => api.now() - planned_utc));
    menu.push({ name: 'Live, to touchdown', timeSystem: 'tminus', clock: 'touchdown', clockOffsets: { start: -15 * MINUTE, end: 15_000 } });
    menu.push({ name: 'Fixed, to touchdown', timeSystem: 'tminus', bounds: { start: -15 * MINUTE, end: MINUTE } });
  }
  return menu;
}
