// Open MCT with our plugin, before the stand-in server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, display, open, until } from './browser.mjs';
import { start } from './mock.mjs';

let chrome;
before(async () => (chrome = await browser()));
after(() => chrome?.close());

test('the tree is the dictionary, and every prepared display opens without an error', async (t) => {
  const ground = await start({ from_s: 100 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, display(ground.origin, 'dynamics'));
  await page.getByText('nav.altitude_m').first().waitFor();
  await page.getByRole('button', { name: /Expand Telemetry/ }).first().click();
  await page.getByText('station 1', { exact: true }).first().waitFor();
  for (const key of ['propulsion', 'navigation', 'link', 'log', 'alarms', 'command', 'signal', 'landing']) {
    await page.goto(display(ground.origin, key));
    await page.locator('.l-browse-bar__object-name', { hasText: /\w/ }).waitFor();
    await page.waitForTimeout(400);
  }
  assert.deepEqual(page.errors, []);
});

test('live values run, a limit crossed is coloured, and the table marks old values', async (t) => {
  const ground = await start({ from_s: 150, loss: true, speed: 10 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, display(ground.origin, 'propulsion'));
  const row = page.locator('tr', { hasText: 'nav.propellant_kg' }).locator('td').nth(2);
  await row.filter({ hasText: /\d/ }).waitFor();
  const first = Number(await row.textContent());
  await until('propellant to go down', async () => Number(await row.textContent()) < first - 1);
  await until('the yellow limit', async () => /is-limit--yellow/.test(await row.getAttribute('class')));
  await until('the red limit', async () => /is-limit--red/.test(await row.getAttribute('class')));
  await until('the stale mark after the loss', async () => /is-stale/.test(await row.getAttribute('class')), 30);
  assert.deepEqual(page.errors, []);
});

test('the time is that of the mission, at the speed of the replay', async (t) => {
  const ground = await start({ from_s: 200, speed: 20 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, display(ground.origin, 'dynamics'));
  const shown = async () => {
    const text = await page.locator('body').innerText();
    const match = /(\d\d):(\d\d):(\d\d) UTC\s+T/i.exec(text);
    return match && (+match[1] * 60 + +match[2]) * 60 + +match[3];
  };
  // What is shown was painted up to 0.5 s ago; a busy machine may take another second.
  const right = async () => {
    const text = await shown();
    const day = (ground.now() / 1000) % 86_400;
    return text && text <= day && day - text < 1.5 * 20;
  };
  await until('the clock of the mission', right);
  await page.waitForTimeout(2000);
  await until('the clock of the mission, 40 s later', right);
});

test('an alarm on the fault page and in the view is acknowledged with a token, and refused without one', async (t) => {
  const ground = await start({ from_s: 80, speed: 4 });
  t.after(() => ground.stop());
  const watcher = await open(t, chrome, `${ground.origin}/console/view.html?alarms`);
  const alarm = watcher.locator('li.alarm', { hasText: 'propellant' });
  await alarm.waitFor();
  await alarm.getByRole('button').click();
  await watcher.getByText(/no valid token/).waitFor();
  const page = await open(t, chrome, `${ground.origin}/console/view.html?alarms#token=${ground.token}`);
  assert.ok(!page.url().includes(ground.token), 'the token stays out of the address');
  await page.locator('li.alarm', { hasText: 'propellant' }).getByRole('button').click();
  await page.locator('li.alarm.seen', { hasText: 'propellant' }).waitFor();
  await watcher.locator('li.alarm.seen', { hasText: 'propellant' }).waitFor();
  await page.goto(`${ground.origin}/console/#/browse/faults.taxonomy:faultManagement.view`);
  await page.getByText('nav.propellant_kg').first().waitFor();
  assert.deepEqual(page.errors, []);
});

test('after the server was gone the socket comes back and values run again', async (t) => {
  const ground = await start({ from_s: 200 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?landing`);
  const altitude = page.locator('.gauge', { hasText: 'Altitude' }).locator('b');
  await until('an altitude', async () => /\d/.test(await altitude.textContent()));
  ground.drop();
  await page.locator('.signal', { hasText: 'no server' }).waitFor();
  await page.locator('.signal', { hasText: /^signal$/ }).waitFor();
  const before_ = await altitude.textContent();
  await until('values after the break', async () => (await altitude.textContent()) !== before_);
});
