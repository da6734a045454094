// Our own views and the broadcast page, before the stand-in server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, fitsSideways, open, until } from './browser.mjs';
import { start } from './mock.mjs';

let chrome;
before(async () => (chrome = await browser()));
after(() => chrome?.close());

const gauge = (page, name) => page.locator('.gauge', { has: page.locator('label', { hasText: name }) });

test('the landing display shows units, phase, corridor, attitude and a picture of the ground', async (t) => {
  const ground = await start({ from_s: 60, speed: 2 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?landing`);
  for (const [name, unit] of [['Altitude', 'm'], ['Descent speed', 'm/s'], ['Horizontal speed', 'm/s'], ['Tilt', '°'], ['Propellant', 'kg']]) {
    await until(`a value of ${name}`, async () => /\d/.test(await gauge(page, name).locator('b').textContent()));
    assert.equal(await gauge(page, name).locator('i').textContent(), unit);
  }
  await page.locator('.phases .now', { hasText: 'terminal descent' }).waitFor();
  await page.locator('.scene canvas').waitFor();
  await page.locator('.caption', { hasText: 'lit by the Sun as it stands' }).waitFor();
  const shades = () => page.evaluate(async () => {
    const canvas = document.querySelector('div').shadowRoot.querySelector('.scene canvas');
    await new Promise(requestAnimationFrame);
    const flat = Object.assign(document.createElement('canvas'), { width: 64, height: 64 }).getContext('2d');
    flat.drawImage(canvas, 0, 0, 64, 64);
    const { data } = flat.getImageData(0, 0, 64, 64);
    return new Set(data.filter((_, i) => i % 4 === 1)).size;
  });
  await until('ground lit and in shadow', async () => (await shades()) > 16);
  assert.deepEqual(page.errors, []);
});

test('the landing display says that the signal is lost, since when, and marks every number as old', async (t) => {
  const ground = await start({ from_s: 60, speed: 8, loss: true });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?landing`);
  await page.locator('.banner', { hasText: /Signal lost\. Last contact 19:1\d:\d\d, altitude 1\d\d m/ }).waitFor();
  await page.locator('.landing.stale').waitFor();
});

test('at the end the landing display says landed', async (t) => {
  const ground = await start({ from_s: 20, speed: 8 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?landing`);
  await page.locator('.phases .now', { hasText: 'landed' }).waitFor();
});

test('a plain command goes in one step, and its states are followed', async (t) => {
  const ground = await start({ from_s: 200 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?command#token=${ground.token}`);
  await page.locator('.list li', { hasText: 'ping' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('tr[data-state="completed"]', { hasText: 'ping' }).waitFor();
});

test('a hazardous command needs a second step that names it, with ranges checked before', async (t) => {
  const ground = await start({ from_s: 200 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?command#token=${ground.token}`);
  await page.locator('.list li', { hasText: 'divert' }).click();
  await page.locator('[name=east_m]').fill('2500');
  await page.locator('[name=north_m]').fill('-80');
  await page.getByRole('button', { name: /ask for release/ }).click();
  await page.getByText('east_m: outside −2 000 to 2 000 m').waitFor();
  assert.equal(await page.locator('tbody tr').count(), 0);
  await page.locator('[name=east_m]').fill('150');
  await page.getByRole('button', { name: /ask for release/ }).click();
  const dialog = page.locator('dialog');
  await dialog.getByText('east_m = 150, north_m = −80').waitFor();
  const release = dialog.getByRole('button', { name: 'Release' });
  assert.ok(await release.isDisabled());
  await dialog.locator('input').fill('wave_off');
  assert.ok(await release.isDisabled());
  await dialog.locator('input').fill('divert');
  await release.click();
  await page.locator('tr[data-state="completed"]', { hasText: 'divert' }).waitFor();
});

test('a hazardous command that nobody releases expires, and its dialog closes', async (t) => {
  const ground = await start({ from_s: 200, release_s: 2 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?command#token=${ground.token}`);
  await page.locator('.list li', { hasText: 'wave_off' }).click();
  await page.getByRole('button', { name: /ask for release/ }).click();
  await page.locator('dialog').waitFor();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('tr[data-state="expired"]').waitFor();
});

test('without a token the command view only watches and says how to get one', async (t) => {
  const ground = await start({ from_s: 200 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?command`);
  await page.getByText(/this page can only watch/).waitFor();
  await page.locator('.list li', { hasText: 'ping' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Refused: this page has no valid token.').waitFor();
});

test('after a loss the procedure is run step by step, the hazardous one only when named', async (t) => {
  const ground = await start({ from_s: 36, loss: true, speed: 4 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, `${ground.origin}/console/view.html?signal#token=${ground.token}`);
  await page.locator('.contact .big', { hasText: 'Signal lost' }).waitFor();
  await page.locator('.call .big', { hasText: 'Unknown' }).waitFor();
  await page.locator('.evidence', { hasText: 'carrier' }).waitFor();
  await page.getByRole('button', { name: 'Start procedure' }).click();
  for (const name of ['confirm', 'sweep', 'rate', 'antenna']) {
    await page.locator('.steps .now', { hasText: name }).waitFor();
    await page.getByRole('button', { name: 'Next step' }).click();
  }
  await page.locator('.steps .now', { hasText: 'reboot' }).waitFor();
  await page.getByRole('button', { name: 'Next step' }).click();
  await page.locator('dialog input').fill('reboot');
  await page.locator('dialog').getByRole('button', { name: 'Start' }).click();
  await page.locator('.steps .now', { hasText: 'pass' }).waitFor();
  assert.equal(await page.locator('.plog li').count(), 5);
});

for (const [width, height] of [[390, 844], [1600, 900]]) {
  test(`the broadcast page at ${width} x ${height}: live, then honest about the loss`, async (t) => {
    const ground = await start({ from_s: 60, loss: true, speed: 6 });
    t.after(() => ground.stop());
    const page = await open(t, chrome, `${ground.origin}/broadcast`, { width, height });
    await page.getByRole('heading', { name: 'Final descent' }).waitFor();
    await until('an altitude', async () => /^\d.* ?m$/.test((await page.locator('#altitude').textContent()).trim()));
    assert.ok(await fitsSideways(page), 'nothing sticks out sideways');
    await page.getByRole('heading', { name: /No signal since 19:1\d:\d\d/ }).waitFor();
    const lead = await page.locator('.lead').textContent();
    assert.match(lead, /^Last contact 19:1\d:\d\d, altitude 1\d\d m, descending at [\d.]+ m\/s; waiting\./);
    await page.locator('body.stale').waitFor();
    assert.match(await page.locator('#asof').textContent(), /^Not live/);
    assert.ok(await fitsSideways(page));
    assert.deepEqual(page.errors, []);
  });
}

test('the broadcast page asks no other server and needs no token', async (t) => {
  const ground = await start({ from_s: 50 });
  t.after(() => ground.stop());
  const page = await open(t, chrome, 'about:blank');
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${ground.origin}/broadcast`);
  await page.getByRole('heading', { name: 'Final descent' }).waitFor();
  assert.deepEqual(asked.filter((url) => !url.startsWith(ground.origin) && !url.startsWith('data:')), []);
});
