// How long a value takes from the ground system's socket to the browser: node test/live/latency.mjs [SECONDS]
// Sends the recorded units of a flight at their own pace to `frigoris ground` and notes, per unit, when it was sent,
// when the browser's socket had the value, and when the number on the landing display had changed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { browser, open } from '../browser.mjs';
import { PROGRAM, program, scratch } from './program.mjs';

const seconds = Number(process.argv[2] ?? 50);
const ends = [];
const t = { after: (end) => ends.unshift(end) };
const folder = scratch(t);
const done = spawnSync(PROGRAM, ['fly', 'm2-live', '--live', '--speed', 'max', '--open-loop', '--after', '1', '--listen', '127.0.0.1:0', '--out', folder], { encoding: 'utf8' });
if (done.status !== 0) throw new Error(done.stdout + done.stderr);

// Head of a unit: FRSD, version, kind, station, spare, length u32, number u64, seconds u32, fraction u16, 2 spare.
const file = readFileSync(join(folder, 'units.frsd'));
const units = [];
for (let at = 0; at + 32 <= file.length; ) {
  const size = 28 + file.readUInt32BE(at + 8) + 4;
  units.push({ octets: file.subarray(at, at + size), kind: file[at + 5], s: file.readUInt32BE(at + 20) + file.readUInt16BE(at + 24) / 65536 });
  at += size;
}
const end = units.at(-1).s;
// The last minute: there the number on screen changes with every value.
const shown = units.filter((u) => u.s > end - 60 && u.s < end - 60 + seconds);

const ground = await program(t, 'ground', '--mission', join(folder, 'mission.json'), '--archive', join(folder, 'again'), '--frames-tcp', '127.0.0.1:0', '--frames-udp', '127.0.0.1:0');
const [, host, port] = /TCP ([\d.]+):(\d+)/.exec(ground.output());
const chrome = await browser();
const page = await open(t, chrome, `${ground.origin}/console/view.html?landing`);
await page.locator('.gauge b').first().waitFor();
await page.evaluate(() => {
  window.came = [];
  window.changed = [];
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/live');
  socket.onopen = () => socket.send(JSON.stringify({ subscribe: ['nav.altitude_m'] }));
  socket.onmessage = ({ data }) => JSON.parse(data).values?.forEach((v) => window.came.push([v.received, Date.now()]));
  const number = document.querySelector('div').shadowRoot.querySelector('.gauge b');
  new MutationObserver(() => window.changed.push(Date.now())).observe(number, { childList: true, characterData: true, subtree: true });
});
const socket = connect(Number(port), host);
socket.resume();
const sent = [];
const begin = Date.now();
for (const unit of shown) {
  const wait = begin + (unit.s - shown[0].s) * 1000 - Date.now();
  if (wait > 0) await new Promise((go) => setTimeout(go, wait));
  socket.write(unit.octets);
  sent.push([unit.s, Date.now()]);
}
await new Promise((go) => setTimeout(go, 2000));
const { came, changed } = await page.evaluate(() => ({ came: window.came, changed: window.changed }));
// The epoch of the units' clock, from the first that came: whole milliseconds apart, the same for all.
const offsets = came.map(([received]) => sent.map(([s]) => Math.round(received - s * 1000)));
const offset = offsets[0].find((o) => offsets.every((list) => list.some((x) => Math.abs(x - o) <= 1)));
const spread = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return `median ${at(0.5)} ms, 95 % ${at(0.95)} ms, largest ${sorted.at(-1)} ms, of ${sorted.length}`;
};
const pairs = came.map(([received, at]) => [sent.find(([s]) => Math.abs(received - s * 1000 - offset) <= 1)?.[1], at]).filter(([from]) => from);
console.log(`sent to the browser's socket: ${spread(pairs.map(([from, at]) => at - from))}`);
console.log(`sent to the number on screen: ${spread(pairs.map(([from, at]) => (changed.find((c) => c >= at) ?? NaN) - from).filter((x) => x < 5000))}`);
socket.destroy();
await chrome.close();
for (const stop of ends) await stop();
