/** The pages that recipients open from a mail, in a real browser over a real daemon: by hand, by the keyboard, on a phone, in German. */

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserProgram, launchBrowser } from './browser.ts';
import { type Platform, startPlatform } from './platform.ts';
import { type Visit, visit } from './visit.ts';

/** Without Chromium there is nothing to try it in: `scripts/debian-tools` brings one. */
describe.skipIf(browserProgram === undefined)('the link of a mail', () => {
  let platform: Platform;
  let browser: Browser;
  let one: Visit | undefined;
  beforeAll(async () => {
    [platform, browser] = await Promise.all([
      startPlatform({ document: { http: { port: 0, publicUrl: 'https://mail.example.com/' } } }),
      launchBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });
  afterEach(async () => {
    expect(one?.complaints ?? []).toEqual([]);
    await one?.close();
    one = undefined;
  });

  /** Opens the link that stands in the header of a message to this address, as it is kept. */
  async function come(to: string, options: { width?: number; locale?: string } = {}): Promise<Visit> {
    const { messageId } = await send(to);
    const response = await fetch(`${platform.url}/v1/messages/${messageId}/raw`, {
      headers: { 'x-api-key': platform.keys.tenant },
    });
    const raw = (await response.text()).replaceAll(/\r\n[ \t]/g, ' ');
    const [, path = ''] = /^List-Unsubscribe: <https:\/\/mail\.example\.com(\/u\/[\w-]+)>$/m.exec(raw) ?? [];
    expect(raw).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
    one = await visit(browser, platform, options);
    await one.open(path);
    return one;
  }
  const send = (to: string) =>
    platform.call<{ messageId: string; suppressedRecipients: string[] }>(
      'POST',
      '/v1/messages',
      { from: 'a@example.com', to: [to], subject: 'News', textBody: 'New', unsubscribe: { category: 'news' } },
      { key: platform.keys.tenant },
    );

  it('turns its category off and on again, by the keyboard alone', async () => {
    const { page, judge } = await come('jo@example.org');
    expect(await page.locator('h1').textContent()).toBe('Unsubscribe?');
    await judge();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    await judge();
    expect((await send('jo@example.org')).suppressedRecipients).toEqual(['jo@example.org']);
    await page.getByRole('button', { name: 'Turn it on again' }).click();
    await page.getByRole('heading', { name: 'You are subscribed again' }).waitFor();
    await judge();
    expect((await send('jo@example.org')).suppressedRecipients).toEqual([]);
  });

  it('fits a phone, speaks German there, and has the colours of its tenant', async () => {
    const settings = {
      branding: {
        company: 'Böttcher & Söhne',
        colors: { primary: '#ffe600', background: '#10243a', text: '#f2f5f9' },
        footer: 'Musterstraße 1',
      },
    };
    await platform.call('PATCH', '/v1/admin/tenants/default', { settings });
    const { page, judge } = await come(`${'long-'.repeat(11)}name@sehr-lange-domain.example.org`, {
      ...{ width: 360, locale: 'de-DE' },
    });
    await page.getByRole('heading', { name: 'Abbestellen?' }).waitFor();
    await judge();
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(16, 36, 58)');
    await page.getByRole('button', { name: /Alles abbestellen/ }).click();
    await page.getByRole('heading', { name: 'Abbestellt' }).waitFor();
    await judge();
  });

  it('says in a page that a link means nothing here', async () => {
    one = await visit(browser, platform, { width: 360 });
    await one.open('/u/nothing');
    expect(await one.page.locator('h1').textContent()).toBe('This link does not work');
    await one.judge();
  });
});
