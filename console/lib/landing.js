// The landing display: the descent at a glance. Owns the layout and what is shown when; the numbers are the
// lander's own estimate as received, and are marked when they are old.

import { alarmList } from './alarms.js';
import { Attitude, Corridor } from './chart.js';
import { animate, h, setClass, setText, withStyle } from './dom.js';
import { NONE, ago, clock, countdown, degrees, length, number, say, speed, utcOf } from './format.js';
import { bodyAxes, siteAxes, sunDirection } from './moon.js';
import { Series } from './series.js';

const PHASES = ['orbit coast', 'deorbit', 'descent coast', 'ignition', 'braking', 'pitch-up', 'terminal descent', 'contact', 'cut-off', 'landed'];
const TRACED = ['nav.altitude_m', 'nav.v_up_m_s', 'nav.p_LB_L.0', 'nav.p_LB_L.1', 'nav.p_LB_L.2'];
const LIVE = ['nav.v_horizontal_m_s', 'nav.tilt_rad', 'nav.sigma_altitude_m', 'nav.propellant_kg', 'guidance.corridor_m_s', 'guidance.throttle', 'control.main', 'phase',
  'nav.v_LB_L.0', 'nav.v_LB_L.1', 'nav.v_LB_L.2', 'nav.q_IB.0', 'nav.q_IB.1', 'nav.q_IB.2', 'nav.q_IB.3'];

// One big number with its unit, and a line below it.
function gauge(name) {
  const [value, unit, note] = [h('b', {}, NONE), h('i'), h('small')];
  const element = h('div.gauge', {}, h('label', {}, name), h('span', {}, value, unit), note);
  return {
    element,
    show({ text, unit: u }, line, limit) {
      setText(value, text);
      setText(unit, u);
      setText(note, line ?? '');
      setClass(element, 'yellow', limit === 'yellow');
      setClass(element, 'red', limit === 'red');
    },
  };
}

function header() {
  const parts = { signal: h('span.signal.quiet', { role: 'status' }, 'waiting'), phases: PHASES.map((name) => h('li', {}, name)), board: h('b', {}, NONE), seen: h('b', {}, NONE), utc: h('b', {}, NONE), seenNote: h('small') };
  const clocks = h('div.clocks', {}, h('div', {}, h('small', {}, 'UTC'), parts.utc), h('div', {}, h('small', {}, 'at the Moon'), parts.board), h('div', {}, parts.seenNote, parts.seen));
  parts.element = h('header.top', {}, parts.signal, h('ol.phases', {}, ...parts.phases), clocks);
  return parts;
}

function layout() {
  const gauges = { altitude: gauge('Altitude'), descent: gauge('Descent speed'), horizontal: gauge('Horizontal speed'), tilt: gauge('Tilt'), propellant: gauge('Propellant') };
  const parts = { head: header(), gauges, lost: h('div.banner', { role: 'alert', hidden: true }), scene: h('div.scene'), caption: h('small.caption'), corridor: h('canvas'), attitude: h('canvas'), events: h('ol.events'), alarms: h('div') };
  const panel = (name, title, ...children) => h(`section.${name}`, {}, h('h2', {}, title), ...children);
  parts.scene.append(parts.caption);
  parts.element = h('main.landing', {}, parts.head.element, parts.lost, h('div.gauges', {}, ...Object.values(gauges).map((x) => x.element)),
    panel('three', 'Lander over its terrain', parts.scene), panel('corridor', 'Altitude against descent speed', h('div.canvas', {}, parts.corridor)),
    panel('attitude', 'Thrust axis, from above', h('div.canvas', {}, parts.attitude), h('small.caption', {}, 'blue: thrust axis; ring: against the motion')),
    panel('log', 'Events', parts.events), panel('alarmbox', 'Alarms', parts.alarms));
  return parts;
}

function eventList(host, api) {
  const seen = new Map();
  const put = (e) => seen.set(`${e.utc} ${e.name}`, e);
  const paint = () => {
    const list = [...seen.values()].sort((a, b) => b.utc - a.utc).slice(0, 40);
    host.replaceChildren(...(list.length ? list.map((e) => h(`li.${String(e.severity).toLowerCase()}`, {}, h('time', {}, clock(e.utc)), h('span', {}, e.text || e.name))) : [h('li.none', {}, 'None yet.')]));
  };
  const load = () => api.get(`/events?start=${Math.floor(api.now() - 3 * 3600e3)}&end=${Math.ceil(api.now() + 60e3)}`).then((list) => (list.forEach(put), paint())).catch(() => {});
  const ends = [api.on('event', (e) => (put(e), paint())), api.on('online', (online) => online && load())];
  load();
  paint();
  return () => ends.forEach((end) => end());
}

function paintHeader(parts, api, { planned, light_ms, old, data_utc }) {
  const { head, lost } = parts;
  const { state } = api;
  const now = api.now();
  const signal = !api.online ? 'no server' : (state?.signal ?? 'waiting');
  setText(head.signal, signal === 'acquired' ? (Math.abs(api.speed - 1) < 0.2 ? 'signal' : `signal, ${number(api.speed)}×`) : signal === 'lost' ? 'signal lost' : signal);
  head.signal.className = `signal ${signal === 'acquired' ? 'good' : signal === 'lost' || signal === 'no server' ? 'bad' : 'quiet'}`;
  const at = PHASES.indexOf(state?.phase);
  head.phases.forEach((item, n) => (setClass(item, 'done', n < at), setClass(item, 'now', n === at)));
  setText(head.utc, clock(now));
  setText(head.board, countdown(planned - now));
  setText(head.seenNote, `as seen, ${number(light_ms / 1000, 2)} s of light later`);
  setText(head.seen, countdown(planned - now + light_ms));
  const silent = signal === 'lost' || signal === 'no server' || signal === 'occulted';
  lost.hidden = !silent;
  if (!silent) return;
  const last = state?.last_state;
  const there = state?.extrapolated;
  const reckoned = !there ? '' : there.altitude_m <= 0 ? ' By the last state it would have reached the ground.' : ` If nothing has changed it is now at ${say(length(Math.max(0, there.altitude_m)))} ± ${say(length(3 * (there.altitude_sigma_m ?? 0)))} (3σ).`;
  const why = signal === 'no server' ? 'The ground system does not answer.' : signal === 'occulted' ? 'Behind the Moon, as planned.' : 'Signal lost.';
  setText(lost, `${why} Last contact ${clock(state?.last_contact_utc)}, altitude ${say(length(last?.altitude_m))}, ${say(speed(last?.v_up_m_s))} vertical. Numbers are ${old ? ago(now - light_ms - data_utc) : '0 s'} old.${reckoned}`);
}

function paintGauges(parts, s, state) {
  const { gauges } = parts;
  const descent = s['nav.v_up_m_s'].last === undefined ? undefined : -s['nav.v_up_m_s'].last;
  const limit = s['guidance.corridor_m_s'].last;
  const sigma = s['nav.sigma_altitude_m'];
  gauges.altitude.show(length(s['nav.altitude_m'].last ?? state?.last_state?.altitude_m), sigma.last !== undefined ? `± ${say(length(sigma.last))} (1σ)` : '', s['nav.altitude_m'].limit ?? sigma.limit);
  const fast = limit > 0 && descent > limit ? 'red' : s['nav.v_up_m_s'].limit;
  gauges.descent.show(speed(descent), limit > 0 ? `can stop from ${say(speed(limit))}` : '', fast);
  gauges.horizontal.show(speed(s['nav.v_horizontal_m_s'].last), '', s['nav.v_horizontal_m_s'].limit);
  gauges.tilt.show({ text: number(degrees(s['nav.tilt_rad'].last), 1), unit: '°' }, 'from the local vertical', s['nav.tilt_rad'].limit);
  const thrust = s['guidance.throttle'].last;
  const main = s['control.main'].last;
  gauges.propellant.show({ text: number(s['nav.propellant_kg'].last, 1), unit: 'kg' }, main === undefined ? '' : `main ${main ? 'on' : 'off'}${thrust === undefined ? '' : `, assist ${number(100 * thrust)} %`}`, s['nav.propellant_kg'].limit);
}

export function mount(container, api) {
  const root = withStyle(container);
  const parts = layout();
  root.append(parts.element);
  const ends = [alarmList(parts.alarms, api)];
  let running = true;
  start().catch((error) => setText(parts.caption, `Not shown: ${error.message}`));

  async function start() {
    const mission = (await api.mission) ?? {};
    await api.ready;
    ends.push(eventList(parts.events, api));
    if (!running) return;
    const planned = utcOf(mission.planned_touchdown_utc) ?? utcOf(api.state?.countdown?.planned_touchdown_utc);
    const from = (utcOf(mission.ignition_utc) ?? api.now() - 900e3) - 60e3;
    const known = new Set((await api.dictionary).parameters.map((p) => p.key));
    const s = {};
    for (const key of TRACED) s[key] = new Series(api, key, { start: from, known });
    for (const key of LIVE) s[key] = new Series(api, key, { known });
    ends.push(...Object.values(s).map((series) => series.end));
    ends.push(api.on('online', (online) => online && Object.values(s).forEach((series) => series.load())));
    // The last state may have come by the backup path, which sends no series.
    const told = { 'nav.altitude_m': 'altitude_m', 'nav.v_up_m_s': 'v_up_m_s', 'nav.v_horizontal_m_s': 'v_horizontal_m_s', 'nav.propellant_kg': 'propellant_kg' };
    ends.push(api.on('state', ({ last_state }) => last_state && Object.entries(told).forEach(([key, name]) => s[key].push({ utc: last_state.utc, value: last_state[name], limit: s[key].limit }))));
    const corridor = new Corridor(parts.corridor, mission.corridor);
    const attitude = new Attitude(parts.attitude);
    let scene;
    try {
      const { Scene } = await import('./scene.js');
      scene = new Scene(parts.scene, mission.terrain);
      ends.push(() => scene.end());
    } catch {
      setText(parts.caption, 'No 3-D view: this browser has no WebGL, or three.js is not installed (frigoris console).');
    }
    if (!running) return scene?.end();
    ends.push(animate(() => paint(mission, planned, s, corridor, attitude), 8), animate(() => paintScene(mission, s, scene), 10));
  }

  const lightOf = (mission) => 1000 * (api.state?.countdown?.light_time_s ?? mission.light_time_s ?? 0);
  const isLost = () => !api.online || ['lost', 'ended', 'occulted'].includes(api.state?.signal);

  function paint(mission, planned, s, corridor, attitude) {
    const light_ms = lightOf(mission);
    const data_utc = s['nav.altitude_m'].lastUtc ?? api.state?.last_state?.utc;
    const old = !api.online || api.now() - light_ms - data_utc > Math.max(5000, 3000 * api.speed);
    setClass(parts.element, 'stale', old);
    paintHeader(parts, api, { planned: planned ?? utcOf(api.state?.countdown?.planned_touchdown_utc), light_ms, old, data_utc });
    paintGauges(parts, s, api.state);
    const [altitude, up] = [s['nav.altitude_m'], s['nav.v_up_m_s']];
    const trace = altitude.utc.map((t, i) => [altitude.value[i], -(up.at(t) ?? NaN)]).filter(([, v]) => Number.isFinite(v));
    corridor.draw({ trace, altitude_m: altitude.last, sigma_m: s['nav.sigma_altitude_m'].last, descent_m_s: up.last === undefined ? undefined : -up.last, limit_m_s: s['guidance.corridor_m_s'].last, lost: isLost() });
    const v = [0, 1, 2].map((i) => s[`nav.v_LB_L.${i}`].last);
    const size = Math.hypot(...v);
    attitude.draw({ axis: axesOf(mission, s)?.[2], against: size > 0.5 ? v.map((c) => -c / size) : undefined, tilt_deg: degrees(s['nav.tilt_rad'].last), lost: isLost() });
  }

  // Axes of the body in L, as told by the attitude that came down with its time.
  function axesOf(mission, s) {
    const q = [0, 1, 2, 3].map((i) => s[`nav.q_IB.${i}`].last);
    const utc = s['nav.q_IB.0'].lastUtc;
    return mission.site && q.every((c) => c !== undefined) ? bodyAxes(q, siteAxes(utc, mission.site)) : undefined;
  }

  function paintScene(mission, s, scene) {
    if (!scene || !parts.scene.clientWidth) return;
    const [x, y, z] = [0, 1, 2].map((i) => s[`nav.p_LB_L.${i}`]);
    const p = x.last === undefined ? undefined : [x.last, y.last, z.last];
    const path = x.utc.map((t, i) => [x.value[i], y.at(t), z.at(t)]).filter((c) => c[1] !== undefined && c[2] !== undefined);
    if (mission.site) scene.light(sunDirection(api.now(), siteAxes(api.now(), mission.site)));
    const burning = !isLost() && (s['control.main'].last > 0 || s['guidance.throttle'].last > 0.01) && PHASES.indexOf(api.state?.phase) < 8;
    const caption = scene.draw({ p, axes: axesOf(mission, s), path, burning });
    setText(parts.caption, (isLost() ? 'last received place; ' : '') + caption);
  }

  return () => {
    running = false;
    ends.forEach((end) => end());
  };
}
