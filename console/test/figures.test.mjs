// What is shown as figures: formats, and the attitude against what the lander itself sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, clock, countdown, length, number, utcOf } from '../lib/format.js';
import { bodyAxes, siteAxes, sunDirection } from '../lib/moon.js';
import { Known } from '../lib/api.js';
import { read } from '../lib/command.js';
import { Series } from '../lib/series.js';

test('numbers carry a real minus sign, groups of three and no minus zero', () => {
  assert.equal(number(-1234567.891, 2), '−1 234 567.89');
  assert.equal(number(-0.04, 1), '0.0');
  assert.equal(number(undefined), '–');
  assert.equal(number(NaN), '–');
});

test('a length changes its unit and its digits where people do', () => {
  assert.deepEqual(length(102_470), { text: '102', unit: 'km' });
  assert.deepEqual(length(18_240), { text: '18.2', unit: 'km' });
  assert.deepEqual(length(1234.4), { text: '1 234', unit: 'm' });
  assert.deepEqual(length(12.34), { text: '12.3', unit: 'm' });
});

test('a countdown is negative before and positive after, and changes on whole seconds', () => {
  assert.equal(countdown(75_000), 'T−0:01:15');
  assert.equal(countdown(74_001), 'T−0:01:15');
  assert.equal(countdown(-1_500), 'T+0:00:01');
  assert.equal(countdown(undefined), 'T –');
  assert.equal(ago(200_000), '3 min 20 s');
});

test('times come as numbers or as text with or without a zone', () => {
  const utc = Date.UTC(2025, 5, 5, 19, 17);
  assert.equal(utcOf(utc), utc);
  assert.equal(utcOf('2025-06-05T19:17:00.000'), utc);
  assert.equal(utcOf('2025-06-05T19:17:00Z'), utc);
  assert.equal(clock(utc), '19:17:00');
});

test('an argument outside its range, empty or no number is not sent', () => {
  const east = { name: 'east_m', unit: 'm', min: -2000, max: 2000, choices: [] };
  assert.deepEqual(read(east, '−150.5'), { value: -150.5 });
  assert.match(read(east, '2001').wrong, /outside −2 000 to 2 000 m/);
  assert.ok(read(east, '').wrong && read(east, 'ten').wrong && read(east, '1e999').wrong);
});

// Telemetry of m2-as-flown (seed 20250605, run 0), `frigoris fly m2-as-flown`: q_IB, position and tilt of one packet each.
// Tolerance 0.01 deg: 0.005 of the orientation series, 0.004 of the sphere that stands for the local vertical.
const PACKETS = [
  { utc: 1749150822615, q: [0.096661269, -0.73167661, 0.11903381, -0.66418136], p: [-2383.9, -17013.3, 9886.0], tilt_rad: 1.13488 },
  { utc: 1749150889315, q: [0.10280724, -0.71716545, 0.1300412, -0.67690005], p: [-173.9, -2335.9, 4942.0], tilt_rad: 1.10485 },
  { utc: 1749150922615, q: [0.071716386, -0.46168305, 0.10526521, -0.87785236], p: [-1.8, -209.8, 2414.4], tilt_rad: 0.461773 },
  { utc: 1749150937615, q: [0.026483938, -0.29253232, 0.14293957, -0.94514111], p: [9.5, 1.4, 278.4], tilt_rad: 0.0794752 },
];
test('the tilt drawn from q_IB is the tilt that the lander sends', () => {
  const site = { latitude_deg: 60.454, longitude_deg: -4.604 };
  for (const { utc, q, p, tilt_rad } of PACKETS) {
    const axis = bodyAxes(q, siteAxes(utc, site))[2];
    const up = [p[0], p[1], p[2] + 1_737_400 - 2462];
    const cosine = (axis[0] * up[0] + axis[1] * up[1] + axis[2] * up[2]) / Math.hypot(...up);
    assert.ok(Math.abs(Math.acos(cosine) - tilt_rad) < 0.01 * (Math.PI / 180), `${Math.acos(cosine)} against ${tilt_rad}`);
  }
});

test('the Sun stands where the ephemeris of the simulator has it', () => {
  // `frigoris terrain m2-nominal`: elevation 11.87 deg, azimuth 108.34 deg at the planned touchdown.
  const utc = Date.UTC(2025, 5, 5, 19, 17);
  const [east, north, up] = sunDirection(utc, siteAxes(utc, { latitude_deg: 60.454, longitude_deg: -4.604 }));
  assert.ok(Math.abs((Math.asin(up) * 180) / Math.PI - 11.87) < 0.16);
  assert.ok(Math.abs((Math.atan2(east, north) * 180) / Math.PI - 108.34) < 0.16);
});

test('a value that comes late changes nothing, and only a clock set back cuts what was drawn', async () => {
  const clock = { now: 100_000 };
  let tell;
  const series = new Series({ now: () => clock.now, subscribe: (_, listener) => ((tell = listener), () => {}), history: async () => [] }, 'x', { start: 0 });
  await series.ready;
  for (const utc of [80_000, 90_000, 100_000]) tell({ utc, value: utc });
  tell({ utc: 30_000, value: -1 });
  clock.now -= 3000; // a correction
  tell({ utc: 85_000, value: -1 });
  assert.deepEqual(series.utc, [80_000, 90_000, 100_000]);
  assert.equal(series.last, 100_000);
  clock.now = 86_000;
  tell({ utc: 85_000, value: 7 });
  assert.deepEqual([series.utc, series.value], [[80_000, 85_000], [80_000, 7]]);
});

test('what is told while a list is on its way is not undone by it', async () => {
  const known = new Known();
  known.put({ id: 1, state: 'gone at the server' });
  let answer;
  const loaded = known.load(() => new Promise((list) => (answer = list)));
  known.put({ id: 3, state: 'new' });
  known.put({ id: 2, state: 'later' });
  answer([{ id: 2, state: 'earlier' }, { id: 4, state: 'listed' }]);
  await loaded;
  assert.deepEqual(known.list().map(({ id, state }) => `${id} ${state}`), ['2 later', '4 listed', '3 new']);
});
