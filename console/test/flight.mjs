// What the stand-in server flies: a recording made from a flight's record, or, without one, a descent
// drawn with a few formulas, so that the console can be developed and tested alone. No physics is claimed.
import { readFileSync } from 'node:fs';

export const PHASES = ['orbit coast', 'deorbit', 'descent coast', 'ignition', 'braking', 'pitch-up', 'terminal descent', 'contact', 'cut-off', 'landed'];
const PLANNED = Date.UTC(2025, 5, 5, 19, 17, 0);

export function recorded(file) {
  const flight = JSON.parse(readFileSync(file, 'utf8'));
  flight.end_s = flight.loss_s ?? flight.t_s.at(-1);
  flight.at = (t_s) => {
    let [low, high] = [0, flight.t_s.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (flight.t_s[middle] <= t_s) low = middle;
      else high = middle - 1;
    }
    return { index: low, value: (key) => flight.rows[key][low] };
  };
  return flight;
}

// 240 s: full braking from 15 km, upright at 2 km, down to the ground; with `loss`, silent at 192 m.
export function drawn(loss) {
  const keys = { phase: '', alarms: '', 'nav.altitude_m': 'm', 'nav.v_up_m_s': 'm/s', 'nav.v_horizontal_m_s': 'm/s', 'nav.tilt_rad': 'rad',
    'nav.sigma_altitude_m': 'm', 'nav.propellant_kg': 'kg', 'nav.mass_kg': 'kg', 'nav.p_LB_L.0': 'm', 'nav.p_LB_L.1': 'm', 'nav.p_LB_L.2': 'm',
    'nav.q_IB.0': '', 'nav.q_IB.1': '', 'nav.q_IB.2': '', 'nav.q_IB.3': '',
    'guidance.corridor_m_s': 'm/s', 'guidance.v_up_m_s': 'm/s', 'guidance.throttle': '', 'guidance.tgo_s': 's', 'rangefinder.measured': 'm', 'rangefinder.nu': 'm',
    'rangefinder.outcome': '', 'control.main': '' };
  const flight = { name: loss ? 'drawn, lost' : 'drawn, landed', title: 'A drawn descent', start_utc: PLANNED - 240e3, planned_touchdown_utc: PLANNED, units: keys,
    t_s: [], rows: Object.fromEntries(Object.keys(keys).map((k) => [k, []])), loss_s: null, events: [] };
  for (let t = 0; t <= 260; t += 0.2) {
    const u = Math.max(0, 1 - t / 240);
    const altitude = 15000 * u ** 2.2;
    if (loss && altitude < 192) {
      flight.loss_s = t;
      break;
    }
    const values = [t < 150 ? 4 : t < 180 ? 5 : t < 240 ? 6 : 9, t > 200 && t < 215 ? 1 : 0, altitude, (-15000 * 2.2 * u ** 1.2) / 240, 900 * u ** 3,
      1.4 * u ** 1.5, 2 + 60 * u, 30 + 160 * u, 370 + 160 * u, 0, -240 * 900 * (u ** 4 / 4), altitude, 1, 0, 0, 0, 4 + altitude * 0.022, (-15000 * 2.1 * u ** 1.2) / 240,
      0.5 + 0.2 * u, 240 - t, altitude < 6000 ? altitude : 0, altitude < 6000 ? Math.sin(t) : 0, altitude < 6000 ? 1 : 0, t < 200 ? 1 : 0];
    flight.t_s.push(t);
    Object.keys(keys).forEach((k, i) => flight.rows[k].push(values[i]));
  }
  flight.end_s = flight.loss_s ?? flight.t_s.at(-1);
  const say = (t, name, severity, text) => t <= flight.end_s && flight.events.push({ utc: flight.start_utc + t * 1000, code: 0, name, severity, text });
  say(0, 'BrakingStarted', 'info', 'Main and assist engines on: braking');
  say(150, 'PitchUpStarted', 'info', 'High gate: pitching up');
  say(180, 'TerminalStarted', 'info', 'Vertical: terminal descent');
  say(200, 'RangefinderLate', 'medium', 'Rangefinder silent where it should see the ground');
  say(240, 'Landed', 'info', 'Landed: contact and inertial evidence agree');
  flight.at = recordedAt(flight);
  return flight;
}

function recordedAt(flight) {
  return (t_s) => {
    const index = Math.max(0, Math.min(flight.t_s.length - 1, Math.floor(t_s / 0.2)));
    return { index, value: (key) => flight.rows[key][index] };
  };
}

const TEXT = { 'nav.altitude_m': 'Altitude over ground', 'nav.v_up_m_s': 'Vertical speed, up positive', 'nav.v_horizontal_m_s': 'Horizontal speed' };
const LIST = { nav: 'nav', phase: 'nav', alarms: 'nav', guidance: 'guidance', control: 'control', station: 'station', rangefinder_belief: 'belief', radar_belief: 'belief',
  radar_altimeter: 'ground aids', camera: 'ground aids' };

export function dictionary(flight) {
  const parameters = Object.entries(flight.units).map(([key, unit]) => ({ key, name: TEXT[key] ?? key, text: TEXT[key] ?? key, unit, list: LIST[key.split('.')[0]] ?? 'aids',
    kind: key === 'phase' ? 'enumeration' : key === 'alarms' ? 'bits' : 'float',
    enumerations: key === 'phase' ? PHASES.map((string, value) => ({ value, string })) : undefined,
    limits: key === 'nav.propellant_kg' ? { yellowLow: 100, redLow: 60 } : key === 'nav.sigma_altitude_m' ? { yellowHigh: 500, redHigh: 1000 } : undefined }));
  for (const [key, unit] of Object.entries({ 'station.cn0_dBHz': 'dBHz', 'station.bit_rate_bit_s': 'bit/s', 'station.elevation_rad': 'rad', 'station.doppler_Hz': 'Hz', 'station.light_time_s': 's', 'station.frames_good': '', 'station.frames_bad': '', 'station.carrier_locked': '', 'station.frame_locked': '' })) {
    for (const n of [1, 2]) parameters.push({ key: key.replace('station', `station.${n}`), name: key, text: key.split('.')[1], unit, list: `station ${n}`, kind: 'float' });
  }
  const code = { name: 'code', unit: '', min: 0, max: 255, choices: [{ value: 4, string: 'wave_off' }, { value: 5, string: 'divert' }, { value: 10, string: 'reboot' }] };
  return { mission: flight.title, parameters, events: [], commands: [
    { name: 'arm', text: 'Arm a hazardous command for 10 s', hazardous: false, arguments: [code] },
    { name: 'go', text: 'Confirm the descent at the next gate', hazardous: false, arguments: [] },
    { name: 'no_go', text: 'Hold on orbit at the next gate', hazardous: false, arguments: [] },
    { name: 'wave_off', text: 'Give up the descent', hazardous: true, arguments: [] },
    { name: 'divert', text: 'Move the landing point', hazardous: true, arguments: [{ name: 'east_m', unit: 'm', min: -2000, max: 2000, choices: [] }, { name: 'north_m', unit: 'm', min: -2000, max: 2000, choices: [] }] },
    { name: 'sensor_use', text: 'How an aid is used', hazardous: false, arguments: [{ name: 'sensor', unit: '', min: 0, max: 4, choices: [{ value: 0, string: 'rangefinder' }, { value: 1, string: 'velocimeter' }] }, { name: 'use', unit: '', min: 0, max: 2, choices: [{ value: 0, string: 'edit' }, { value: 1, string: 'inhibit' }, { value: 2, string: 'force' }] }] },
    { name: 'restart_rangefinder', text: 'Switch the rangefinder off and on', hazardous: false, arguments: [] },
    { name: 'reboot', text: 'Restart the flight computer', hazardous: true, arguments: [{ name: 'cold', unit: '', min: 0, max: 1, choices: [{ value: 0, string: 'warm' }, { value: 1, string: 'cold' }] }] },
    { name: 'ping', text: 'Ask for a sign of life', hazardous: false, arguments: [] }] };
}

export function mission(flight) {
  const [columns, rows, spacing_m] = [65, 65, 125];
  const heights_m = Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [((i % columns) - 32) * spacing_m, (Math.floor(i / columns) - 32) * spacing_m];
    const bowl = (cx, cy, r, d) => {
      const q = Math.hypot(x - cx, y - cy) / r;
      return q < 1 ? -d * (1 - q * q) + 0.2 * d : 0.2 * d * Math.exp(-3 * (q - 1));
    };
    return 8 * Math.sin(x / 900) * Math.cos(y / 1300) + bowl(1400, 900, 600, 90) + bowl(-1700, -1200, 900, 130) + bowl(-700, 1500, 300, 50) + bowl(2400, -1800, 450, 60);
  });
  const t = (s) => flight.planned_touchdown_utc + s * 1000;
  return { title: flight.title, mission: 'HAKUTO-R Mission 2', site: { latitude_deg: 60.454, longitude_deg: -4.604, name: 'Mare Frigoris' }, planned_touchdown_utc: flight.planned_touchdown_utc,
    light_time_s: 1.28, scid: 93, deorbit_utc: t(-3842), ignition_utc: t(-765),
    passes: [{ station: 1, name: 'Goonhilly', aos_utc: t(-14000), los_utc: t(9000), max_elevation_deg: 38 }, { station: 2, name: 'Malargüe', aos_utc: t(-9000), los_utc: t(21000), max_elevation_deg: 61 }],
    occultations: [], corridor: [[0, 1], [20, 4.7], [192, 14], [1000, 33], [3000, 76]].map(([altitude_m, descent_m_s]) => ({ altitude_m, descent_m_s })),
    terrain: { spacing_m, columns, rows, heights_m }, stations: [{ number: 1, name: 'Goonhilly' }, { number: 2, name: 'Malargüe' }],
    timeline: [[-3842, 'deorbit', 'Deorbit burn'], [-3800, 'descent coast', 'Fall to 20 km'], [-945, 'ignition', 'Turn to the burn attitude'], [-765, 'braking', 'Main and assist engines on: braking'],
      [-90, 'pitch-up', 'Turn upright'], [-70, 'terminal descent', 'Vertical descent'], [0, 'landed', 'Touchdown']].map(([s, phase, text]) => ({ utc: t(s), phase, text })) };
}
