/** `scripts/pictures`: every page of the dashboard as a picture, over a daemon with a month of made-up mail. Arguments name pages; none: all. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { ConfigInput } from '../../src/config/schema.ts';
import { launchBrowser } from '../../test/ui/browser.ts';
import { type Platform, startPlatform } from '../../test/ui/platform.ts';
import { makeHistory } from '../proof/history.ts';
import { buildUi } from './build.ts';

const FOLDER = join(import.meta.dirname, '../../docs/images');
const MESSAGES = 20_000;
const QUALITY = 82;
const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 740 } },
] as const;

const providers: ConfigInput['providers'] = {
  relay: { type: 'smtp', host: 'smtp.example.com', port: 587, username: 'iep', password: 'none' },
  ses: { type: 'ses', region: 'eu-central-1', accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'none' },
  postmark: { type: 'postmark', serverToken: 'none' },
  dev: { type: 'capture' },
};

const html = `<h1 style="color:#4338ca">Your order has shipped</h1><p>Hello Ada,</p><p>Order 4711 is on its way. You can
  <a href="https://shop.example/track">follow it here</a>.</p><table><tr><td>Tea, 200 g</td><td>12.50</td></tr></table>`;

/** A data directory with a month of history, served. */
async function openPlatform(dataDir: string): Promise<Platform> {
  const document: ConfigInput = { dataDir, providers, routing: { primary: 'dev' } };
  const first = await startPlatform({ document });
  await first.stop();
  makeHistory(join(dataDir, 'iep.db'), { messages: MESSAGES, days: 30, now: Date.now() }, console.error);
  const platform = await startPlatform({ document });
  const { call } = platform;
  const mail = (subject: string, more: object = {}) =>
    call(
      'POST',
      '/v1/messages',
      { from: 'Shop <shop@example.com>', to: ['ada@example.org'], subject, ...more },
      { tenant: 'default' },
    );
  await mail('Your order has shipped', { htmlBody: html });
  await mail('Reset your password', { textBody: 'https://accounts.example/reset' });
  await mail('Invoice 2027-03', { textBody: 'Please find it attached.' });
  const tenant = { tenant: 'default' };
  await call('POST', '/v1/domains', { domain: 'example.com' }, tenant);
  await call('POST', '/v1/suppressions', { email: 'gone@example.org', reason: 'hard_bounce' }, tenant);
  await call(
    'POST',
    '/v1/suppressions',
    { email: 'annoyed@example.org', reason: 'complaint', note: 'asked by phone' },
    tenant,
  );
  await call('POST', '/v1/webhooks', { url: 'https://app.example.com/hooks', events: ['*'] }, tenant);
  await call('POST', '/v1/users', { email: 'grace@example.com', role: 'operator' });
  await tellSomebody(platform);
  return platform;
}

/** Notifications that went, wait for a digest, and were turned off. */
async function tellSomebody({ call }: Platform): Promise<void> {
  const tenant = { tenant: 'default' };
  const add = (path: string, body: object) => call('POST', path, body, tenant);
  await call('PATCH', '/v1/admin/tenants/default', { settings: { defaultFrom: { email: 'noreply@example.com' } } });
  await add('/v1/topics', { name: 'outages' });
  await add('/v1/subscribers', { id: 'ada', email: 'ada@example.org', name: 'Ada', topics: ['outages'] });
  await add('/v1/subscribers', { id: 'jo', email: 'jo@example.org', name: 'Jo', topics: ['outages'] });
  await add('/v1/notification-types', { name: 'job.failed', category: 'jobs' });
  await add('/v1/notification-types', { name: 'report.ready', category: 'reports', digest: { every: 'daily' } });
  for (const title of ['The nightly import failed', 'The export of invoices failed'])
    await add('/v1/notifications', { type: 'job.failed', to: [{ topic: 'outages' }], data: { title } });
  for (const title of ['October', 'November'])
    await add('/v1/notifications', { type: 'report.ready', to: [{ email: 'jo@example.org' }], data: { title } });
}

/** The menu, and of each list the first thing in it. */
async function addressesOf(browser: Browser, platform: Platform): Promise<ReadonlyMap<string, string>> {
  const context = await browser.newContext();
  await context.addInitScript(signIn(platform));
  const page = await context.newPage();
  const hrefsOf = async (path: string, selector: string) => {
    await page.goto(platform.url + path);
    await page.locator('h1').waitFor();
    await page.waitForTimeout(1_000);
    return page.locator(selector).evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  };
  const found = new Map<string, string>();
  const menu = await hrefsOf('/ui/', '.nav a');
  for (const href of menu) found.set(href === '/ui/' ? 'overview' : href.slice('/ui/'.length), href);
  for (const href of menu) {
    const [first] = await hrefsOf(href, 'main [data-row]');
    if (first?.startsWith(`${href}/`)) found.set(`${href.slice('/ui/'.length)}-one`, first);
  }
  await context.close();
  return found.set('sign-in', '/ui/');
}

function signIn({ keys }: Platform): string {
  return `if (origin !== 'null') sessionStorage.setItem('iep-key', ${JSON.stringify(keys.operator)})`;
}

async function takePictures(browser: Browser, platform: Platform, wanted: readonly string[]): Promise<void> {
  const addresses = [...(await addressesOf(browser, platform))].filter(
    ([name]) => wanted.length === 0 || wanted.includes(name),
  );
  for (const { name: look, ...how } of looks) {
    const context = await browser.newContext({ ...how, reducedMotion: 'reduce' });
    const keyed = await browser.newContext({ ...how, reducedMotion: 'reduce' });
    await keyed.addInitScript(signIn(platform));
    for (const [name, path] of addresses) {
      const page = await (name === 'sign-in' ? context : keyed).newPage();
      await page.goto(platform.url + path);
      await page.locator('h1').waitFor();
      await page.waitForTimeout(500);
      await page.locator('.loading').first().waitFor({ state: 'detached' });
      await page.waitForTimeout(700);
      const session = await page.context().newCDPSession(page);
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
      writeFileSync(join(FOLDER, `${name}-${look}.webp`), Buffer.from(data, 'base64'));
      await page.close();
    }
    await context.close();
    await keyed.close();
  }
}

await buildUi();
const directory = mkdtempSync(join(tmpdir(), 'iep-pictures-'));
mkdirSync(FOLDER, { recursive: true });
const platform = await openPlatform(join(directory, 'data'));
const browser = await launchBrowser();
try {
  await takePictures(browser, platform, process.argv.slice(2));
} finally {
  await browser.close();
  await platform.stop();
  rmSync(directory, { recursive: true });
}
process.exit(0);
