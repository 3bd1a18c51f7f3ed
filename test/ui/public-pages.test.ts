/** The pages that recipients open from a mail, in a real browser over a real daemon: by hand, by the keyboard, on a phone, in German. */

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
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

  it('of a notification asks who sees to it, and says so to the next', async () => {
    const api = <T>(method: string, path: string, body?: unknown) =>
      platform.call<T>(method, path, body, { key: platform.keys.tenant });
    await platform.call('PATCH', '/v1/admin/tenants/default', {
      settings: { defaultFrom: { email: 'ops@example.com' } },
    });
    await api('POST', '/v1/notification-types', { name: 'job.failed', category: 'ops' });
    const to = [{ email: 'lead@example.org' }];
    await api('POST', '/v1/escalation-policies', { name: 'night', steps: [{ afterMinutes: 0, to }] });
    await api('POST', '/v1/rules', { name: 'jobs', on: 'job.failed', type: 'job.failed', escalation: 'night' });
    await api('POST', '/v1/events', { type: 'job.failed', data: { job: 'backup' } });
    const path = await eventually(async () => {
      const { items } = await api<{ items: { messageId: string }[] }>('GET', '/v1/messages?to=lead@example.org');
      const response = await fetch(`${platform.url}/v1/messages/${items[0]?.messageId}/raw`, {
        headers: { 'x-api-key': platform.keys.tenant },
      });
      const raw = (await response.text()).replaceAll('=\r\n', '');
      const [, found] = /https:\/\/mail\.example\.com(\/a\/[\w-]+)/.exec(raw) ?? [];
      if (found === undefined) throw new Error('no link yet');
      return found;
    });
    one = await visit(browser, platform, { width: 360 });
    await one.open(path);
    const { page, judge } = one;
    await page.getByText('Job failed: backup').waitFor();
    await judge();
    await page.getByRole('button', { name: 'Yes, I see to it' }).click();
    await page.getByRole('heading', { name: 'Somebody sees to it' }).waitFor();
    await judge();
  });

  it('of a subscriber shows all settings, and saves them', async () => {
    const api = <T>(method: string, path: string, body?: unknown) =>
      platform.call<T>(method, path, body, { key: platform.keys.tenant });
    await platform.call('PATCH', '/v1/admin/tenants/default', {
      settings: { defaultFrom: { email: 'ops@example.com' } },
    });
    await api('POST', '/v1/notification-types', { name: 'invoice.due', category: 'billing' });
    await api('POST', '/v1/notification-types', { name: 'invoice.paid', category: 'billing' });
    await api('POST', '/v1/subscribers', { id: 'jo', email: 'subscriber@example.org', locale: 'de' });
    await api('POST', '/v1/notifications', { type: 'invoice.due', to: [{ subscriber: 'jo' }], data: {} });
    const { items } = await api<{ items: { messageId: string }[] }>('GET', '/v1/messages?to=subscriber@example.org');
    const response = await fetch(`${platform.url}/v1/messages/${items[0]?.messageId}/raw`, {
      headers: { 'x-api-key': platform.keys.tenant },
    });
    const [, path = ''] = /\(?<https:\/\/mail\.example\.com(\/u\/[\w-]+)>/.exec(await response.text()) ?? [];
    one = await visit(browser, platform, { width: 360 });
    const { page, judge, wear } = one;
    await one.open(path);
    await page.getByRole('link', { name: 'All settings' }).click();
    await page.getByRole('heading', { name: 'Was Sie erfahren möchten' }).waitFor();
    await judge();
    await page.getByRole('group', { name: 'billing' }).getByLabel('Hiervon benachrichtigen').uncheck();
    await page.getByLabel('Was in dieser Zeit kommt').check();
    await page.getByLabel('Zeitzone').selectOption('Europe/Berlin');
    await page.getByRole('button', { name: 'Speichern' }).click();
    await page.getByText('Gespeichert; es gilt ab jetzt.').waitFor();
    await judge();
    await wear({ width: 1280, theme: 'dark' });
    await judge();
    expect(await api('GET', '/v1/subscribers/jo/preferences')).toMatchObject({
      categories: { billing: { enabled: false } },
      quietHours: { enabled: true, start: '22:00', end: '07:00', timezone: 'Europe/Berlin' },
    });
  });
});
