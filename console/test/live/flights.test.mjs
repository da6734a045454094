// Whole flights through the radio, the ground system and the browser. Minutes, not seconds: `npm run test:live`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, fitsSideways, open, until } from '../browser.mjs';
import { program, scratch } from './program.mjs';

let chrome;
before(async () => (chrome = await browser()));
after(() => chrome?.close());

// Looked at by people: PICTURES=FOLDER keeps them.
const picture = (page, name) => process.env.PICTURES && page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });

const state = (page) => page.evaluate(() => fetch('/api/state').then((r) => r.json()));
// The gauge of the altitude, m.
const altitude = async (page) => {
  const gauge = page.locator('.gauge', { has: page.locator('label', { hasText: 'Altitude' }) });
  const [, text, unit] = /^([−\d.\s]+?)\s*(k?m)$/.exec(await gauge.locator('span').textContent()) ?? [];
  return text && Number(text.replace(/\s/g, '').replace('−', '-')) * (unit === 'km' ? 1000 : 1);
};

test('Mission 2 as flown is seen live to the freeze, and then the procedure runs', async (t) => {
  const { origin, token, alive } = await program(t, 'fly', 'm2-live', '--live', '--speed', '60', '--after', '36000', '--out', scratch(t));
  const landing = await open(t, chrome, `${origin}/console/view.html?landing`);
  await alive(landing.locator('.phases .now', { hasText: 'braking' }).waitFor({ timeout: 240_000 }));
  const high = await until('an altitude while braking', () => altitude(landing));
  await alive(until('the altitude to go down', async () => (await altitude(landing)) < high));

  const signal = await open(t, chrome, `${origin}/console/view.html?signal#token=${token}`);
  // At this pace a stall of the machine looks like a short silence; the loss is the one that lasts.
  const lost = await alive(until('the loss', async () => {
    const now = await state(landing);
    return now.signal === 'lost' && now.now_utc - now.last_contact_utc > 300_000 && now;
  }, 150));
  await landing.locator('.banner', { hasText: /Signal lost/ }).waitFor();
  const contact = new Date(lost.last_contact_utc).toISOString().slice(11, 19);
  assert.ok(contact >= '19:15:30' && contact <= '19:15:55', contact);
  assert.ok(lost.last_state.altitude_m < 300, `${lost.last_state.altitude_m} m`);
  assert.ok(-lost.last_state.v_up_m_s > 20, `${lost.last_state.v_up_m_s} m/s`);
  assert.match(await landing.locator('.banner').textContent(), new RegExp(`Last contact ${contact}`));
  await landing.locator('.landing.stale').waitFor();

  await signal.locator('.contact .big', { hasText: 'Signal lost' }).waitFor();
  await signal.getByRole('button', { name: 'Start procedure' }).click();
  await alive(until('three steps in the log', async () => (await signal.locator('.plog li:not(.none)').count()) >= 3, 120));
  const call = await signal.locator('.call .big').textContent();
  assert.ok(['Unknown', 'Lost'].includes(call), call);
  assert.ok((await signal.locator('.evidence li').count()) >= 2);
  await picture(landing, 'landing');
  await picture(signal, 'signal');

  for (const [width, height] of [[390, 844], [1600, 900]]) {
    const page = await open(t, chrome, `${origin}/broadcast`, { width, height });
    await page.locator('.lead', { hasText: `Last contact ${contact}, altitude` }).waitFor();
    assert.ok(await fitsSideways(page));
    await picture(page, `broadcast-${width}`);
    assert.deepEqual(page.errors, []);
  }
  assert.deepEqual([...landing.errors, ...signal.errors], []);
});

test('the resilient configuration is followed to the ground and called landed; its recording shows the same', async (t) => {
  const folder = scratch(t);
  const live = await program(t, 'fly', 'm2-resilient-live', '--live', '--speed', '60', '--after', '36000', '--out', folder);
  const page = await open(t, chrome, `${live.origin}/broadcast`, { width: 390, height: 844 });
  await live.alive(page.getByRole('heading', { name: 'Braking' }).waitFor({ timeout: 240_000 }));
  await live.alive(page.getByRole('heading', { name: 'Landed', exact: true }).waitFor({ timeout: 120_000 }));
  const landed = await state(page);
  assert.equal(landed.status.call, 'landed');
  await picture(page, 'broadcast-landed');
  assert.deepEqual(page.errors, []);
  // Ten minutes on the ground, so that the recording does not end while its landing is being looked at.
  await live.alive(until('ten minutes', async () => (await state(page)).now_utc > landed.now_utc + 600_000));
  await live.stop();
  assert.equal(await live.ended, 0, live.output());

  const again = await program(t, 'play', folder, '--speed', '120');
  const replay = await open(t, chrome, `${again.origin}/console/view.html?landing`);
  await again.alive(replay.locator('.signal', { hasText: /^signal, (9|1[0-4])\d×$/ }).waitFor());
  await replay.locator('.phases .now', { hasText: 'landed' }).waitFor({ timeout: 120_000 });
  assert.deepEqual(replay.errors, []);
});

test('a command reaches the lander, and a hazardous one in two steps only', async (t) => {
  const { origin, token, alive } = await program(t, 'fly', 'm2-resilient-live', '--live', '--speed', '5', '--after', '1', '--out', scratch(t));
  const page = await open(t, chrome, `${origin}/console/view.html?command#token=${token}`);
  // The flight begins behind the Moon; the first signal comes after six minutes and a half.
  await alive(until('the signal', async () => (await state(page)).signal === 'acquired', 300));
  await page.locator('.list li', { has: page.locator('b', { hasText: /^ping$/ }) }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('tr[data-state="completed"]', { hasText: 'ping' }).waitFor({ timeout: 60_000 });
  const refused = await page.evaluate(() => fetch('/api/commands', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"ping"}' }).then((r) => r.status));
  assert.equal(refused, 401);
  await page.locator('.list li', { has: page.locator('b', { hasText: /^divert$/ }) }).click();
  await page.locator('[name=east_m]').fill('150');
  await page.locator('[name=north_m]').fill('-80');
  await page.getByRole('button', { name: /ask for release/ }).click();
  await page.locator('tr[data-state="awaiting release"]', { hasText: 'divert' }).waitFor();
  await page.locator('dialog input').fill('divert');
  await page.locator('dialog').getByRole('button', { name: 'Release' }).click();
  await alive(page.locator('tr[data-state="completed"]', { hasText: 'divert' }).waitFor());
  const divert = (await page.evaluate(() => fetch('/api/commands').then((r) => r.json()))).find((c) => c.name === 'divert');
  assert.deepEqual(divert.history.slice(0, 3).map((step) => step.state), ['checked', 'awaiting release', 'released']);
  assert.deepEqual(page.errors.filter((text) => !text.includes('401')), []);
});

test('Open MCT shows the real dictionary without an error: displays, limits, faults', async (t) => {
  const { origin, alive } = await program(t, 'fly', 'm2-live', '--live', '--speed', '60', '--after', '36000', '--out', scratch(t));
  const page = await open(t, chrome, `${origin}/console/#/browse/frigoris.displays:root/frigoris.displays:dynamics`);
  await alive(until('an altitude in the table', async () => /\d/.test(await page.locator('tr', { hasText: 'nav.altitude_m' }).locator('td').nth(2).textContent())));
  for (const key of ['propulsion', 'navigation', 'link', 'log']) {
    await page.goto(`${origin}/console/#/browse/frigoris.displays:root/frigoris.displays:${key}`);
    await page.locator('.l-browse-bar__object-name', { hasText: /\w/ }).waitFor();
    await page.waitForTimeout(800);
  }
  await page.goto(`${origin}/console/#/browse/faults.taxonomy:faultManagement.view`);
  await alive(page.locator('.c-fault-mgmt-item, .c-faults-list-view-item-body > *').first().waitFor({ timeout: 180_000 }));
  assert.deepEqual(page.errors, []);
});
