// The program itself, as a user starts it: `frigoris fly --live`, `frigoris play`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
// The newest build, or the one that FRIGORIS names.
export const PROGRAM = process.env.FRIGORIS ?? ['release', 'debug'].map((kind) => join(ROOT, 'target', kind, 'frigoris')).find(existsSync);

export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), 'frigoris-console-'));
  t?.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Starts it and waits for the address that it prints; `{ origin, token, ended, output }`.
export async function program(t, ...words) {
  if (!PROGRAM) throw new Error('no program: cargo build --release, or FRIGORIS=path');
  const child = spawn(PROGRAM, [...words, '--listen', '127.0.0.1:0', '--console', join(ROOT, 'console')], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { text: '' };
  const ended = new Promise((end) => child.on('exit', (code) => end(code)));
  const address = new Promise((found, failed) => {
    const take = (data) => {
      said.text += data;
      const match = /(http:\/\/[^/\s]+)\/#token=(\S+)/.exec(said.text);
      if (match) found({ origin: match[1], token: match[2] });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    ended.then((code) => failed(new Error(`ended with ${code} and gave no address:\n${said.text}`)));
  });
  t?.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { ...(await address), ended, output: () => said.text };
}

// Flies to the end with nobody watching, for a recording to play.
export function flown(folder, scenario) {
  const done = spawnSync(PROGRAM, ['fly', scenario, '--out', folder], { cwd: ROOT, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
}
