// The program itself, as a user starts it: `frigoris fly --live`, `frigoris play`.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
// The newest build, or the one that FRIGORIS names.
export const PROGRAM = process.env.FRIGORIS ?? ['release', 'debug'].map((kind) => join(ROOT, 'target', kind, 'frigoris')).find(existsSync);

// What a test has begun is ended last first: a program before its folder goes.
const endings = new WeakMap();
function atEnd(t, end) {
  if (!t) return;
  if (!endings.has(t)) {
    const list = [];
    endings.set(t, list);
    t.after(async () => {
      for (const each of list.reverse()) await each();
    });
  }
  endings.get(t).push(end);
}

export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), 'frigoris-console-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

// It says where it is as soon as it listens; a minute is for a machine that is busy with something else.
const ADDRESS_ms = 60_000;
// From the wish to end until it is ended by force: it waits up to 20 s for what is on its way.
const END_ms = 30_000;

export const addressIn = (text) => {
  const match = /(http:\/\/[^/\s]+)\/(?:console\/)?#token=(\S+)/.exec(text);
  return match && { origin: match[1], token: match[2] };
};

// No program outlives the tests, however they end.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

// Starts it and waits for the address that it prints; `{ origin, token, ended, output, alive, stop }`.
// `alive(wait)` is `wait`, but fails at once when the program has ended before.
export async function program(t, ...words) {
  if (!PROGRAM) throw new Error('no program: cargo build --release, or FRIGORIS=path');
  const child = spawn(PROGRAM, [...words, '--listen', '127.0.0.1:0', '--console', join(ROOT, 'console')], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  const output = () => text;
  const ended = new Promise((end) => {
    child.on('error', (error) => end((text += `\n${error}`, error.code)));
    child.on('close', (code, signal) => end(code ?? signal));
  }).finally(() => running.delete(child));
  const stop = async () => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), END_ms);
    await ended;
    clearTimeout(force);
  };
  atEnd(t, stop);
  const over = ended.then((code) => Promise.reject(new Error(`the program ended with ${code}:\n${text.slice(-4000)}`)));
  over.catch(() => {});
  const alive = (wait) => Promise.race([wait, over]);
  let late;
  const address = new Promise((found, failed) => {
    late = setTimeout(() => failed(new Error(`no address within ${ADDRESS_ms / 1000} s:\n${text}`)), ADDRESS_ms);
    const take = (data) => {
      text += data;
      const seen = addressIn(text);
      if (seen) found(seen);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
  });
  try {
    return { ...(await alive(address)), ended, output, alive, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
