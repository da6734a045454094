// Headless Chromium for the tests, with every error that a page reports.
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader'];

export async function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}

export async function open(t, chrome, address, { width = 1600, height = 900 } = {}) {
  const context = await chrome.newContext({ viewport: { width, height } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error.stack ?? error)));
  page.on('console', (m) => m.type() === 'error' && page.errors.push(m.text()));
  page.setDefaultTimeout(60_000);
  await page.goto(address);
  return page;
}

export const display = (origin, key, token = '') => `${origin}/console/${token ? `?t=1#token=${token}` : `#/browse/frigoris.displays:root/frigoris.displays:${key}`}`;

// Waits until `read` gives something true; says what it waited for when it does not come.
export async function until(what, read, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await read();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((again) => setTimeout(again, 100));
  }
}

// Overlap of children with the frame around them: nothing may stick out of a page sideways.
export const fitsSideways = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
