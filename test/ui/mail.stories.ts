/** Mail in the dashboard: what is hostile runs nothing and reaches nobody, wherever it is opened. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hostileMails } from '../hostile-mail.ts';
import type { Stage } from './stage.ts';

export function mailStories(stage: () => Stage): void {
  describe('the inbox', () => {
    it('shows mail as it comes, and opens it by the keyboard', { timeout: 60_000 }, async () => {
      const { platform, come, send } = stage();
      const { page, open, judge } = await come();
      await platform.call('DELETE', '/v1/inbox/messages', undefined, { key: platform.keys.tenant });
      await open('/ui/inbox');
      await page.getByText('The inbox is empty').waitFor();
      await judge();
      await send('It is in the inbox');
      await page.getByRole('link', { name: 'It is in the inbox' }).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('the inbox');
      await page.waitForURL('**/ui/inbox?subject=the+inbox');
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'It is in the inbox' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'It is in the inbox' }).waitFor();
      await page.getByRole('tab', { name: 'Text' }).waitFor();
      await judge();
    });

    it('shows HTML in a frame without any permission, for a phone and in the dark', { timeout: 60_000 }, async () => {
      const { platform, come } = stage();
      const htmlBody = [
        '<style>@media (prefers-color-scheme:dark){p{color:rgb(1,2,3)}}</style>',
        '<p style="display:flex">Shown <a href="https://example.com/">here</a></p>',
      ].join('');
      const { messageId } = await platform.call<{ messageId: string }>(
        'POST',
        '/v1/messages',
        { from: 'app@example.com', to: ['ada@example.org'], subject: 'With HTML', htmlBody, textBody: 'Shown' },
        { key: platform.keys.tenant },
      );
      const { page, open, judge } = await come();
      await open(`/ui/inbox/${messageId}`);
      const frame = page.frameLocator('iframe[title="HTML of the mail"]');
      await frame.getByText('Shown here').waitFor();
      expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
      const look = page.getByRole('tabpanel', { name: 'HTML' });
      await look.getByText('Dark', { exact: true }).click();
      await look.getByText('Phone', { exact: true }).click();
      const shown = () => page.frames().find((one) => one.url().includes('scheme=dark'));
      const colour = () => shown()?.evaluate("getComputedStyle(document.querySelector('p')).color");
      await expect.poll(colour).toBe('rgb(1, 2, 3)');
      await judge();
      await page.getByRole('tab', { name: 'Links (1)' }).click();
      await page.getByText('https://example.com/').waitFor();
      await judge();
      await page.getByRole('tab', { name: /Checks/ }).click();
      await page.getByText('display: flex').waitFor();
      await judge();
    });

    it('shows what was handed in where no mail can be made of it', { timeout: 60_000 }, async () => {
      const { platform, come } = stage();
      const { messageId } = await platform.call<{ messageId: string }>(
        'POST',
        '/v1/messages',
        {
          from: 'app@example.com',
          to: ['ada@example.org'],
          subject: 'Broken',
          textBody: 'Dear {{#if}}',
          variables: {},
        },
        { key: platform.keys.tenant },
      );
      const { page, open, judge } = await come();
      await open(`/ui/messages/${messageId}`);
      const content = page.getByRole('region', { name: 'Content' });
      await content.getByText('This message cannot be rendered').waitFor();
      await content.getByText('Dear {{#if}}').waitFor();
      await judge();
    });

    it('asks before it releases and deletes', { timeout: 60_000 }, async () => {
      const { platform, come, send } = stage();
      const id = await send('To be released');
      const { page, open, judge } = await come();
      await open('/ui/inbox');
      await page.getByRole('link', { name: 'To be released' }).first().click();
      await page.getByRole('button', { name: 'Release' }).click();
      await page.getByRole('textbox', { name: 'Provider' }).fill('nowhere');
      await page.keyboard.press('Enter');
      await page.getByText('this tenant has no provider of that name').first().waitFor();
      await judge();
      await page.getByRole('textbox', { name: 'Provider' }).fill('dev');
      await page.keyboard.press('Enter');
      await page.getByText('It is released as message').waitFor();
      await page.getByRole('button', { name: 'Delete' }).first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.waitForURL('**/ui/inbox');
      await expect(platform.call('GET', `/v1/messages/${id}`)).rejects.toThrow('not_found');
    });
  });

  describe('hostile mail', () => {
    it('runs nothing, asks nobody for anything and leads nowhere', { timeout: 240_000 }, async () => {
      const { platform, come } = stage();
      const heard: string[] = [];
      const outside = createServer((request, response) => {
        heard.push(`${request.method} ${request.headers.host}${request.url}`);
        response.end();
      });
      await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
      const proxy = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
      // Whatever the browser asks for but the platform itself comes by the proxy.
      const { page, open } = await come({ proxy });
      const asked: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(platform.url) && !request.url().startsWith('data:')) asked.push(request.url());
      });
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await open('/ui/messages');
      for (const { name, html } of hostileMails('evil.example')) {
        const { messageId } = await platform.call<{ messageId: string }>(
          'POST',
          '/v1/messages',
          { from: 'eve@example.com', to: ['ada@example.org'], subject: name, htmlBody: html, textBody: 'text' },
          { key: platform.keys.tenant },
        );
        const view = await platform.call<{ frame: string }>('GET', `/v1/messages/${messageId}/view`);
        const shown = await page.evaluate(`(${SHOW})(${JSON.stringify(view.frame)})`);
        expect(shown, name).toBe('loaded');
        const frame = page.frames().find((one) => one.url().includes(view.frame));
        expect(frame, name).toBeDefined();
        expect(await page.evaluate('window.ran'), name).toBeUndefined();
        expect({ name, asked, dialogs, heard }).toEqual({ name, asked: [], dialogs: [], heard: [] });
        expect(page.url(), name).toBe(`${platform.url}/ui/messages`);
      }
      // What would have been asked for would have been heard.
      await page.goto('about:blank');
      await page.setContent('<img src="http://evil.example/heard">');
      await expect.poll(() => heard).toEqual(['GET evil.examplehttp://evil.example/heard']);
      outside.close();
    });
  });
}

/** As the dashboard shows it; then a click in the middle, and the moment that it takes a handler to run. */
const SHOW = `async (path) => {
  document.querySelector('#hostile')?.remove();
  const frame = document.createElement('iframe');
  frame.id = 'hostile';
  frame.setAttribute('sandbox', '');
  frame.style.cssText = 'position:fixed;inset:0;width:800px;height:600px';
  const loaded = new Promise((resolve) => { frame.onload = () => resolve('loaded'); });
  frame.src = path;
  document.body.append(frame);
  const how = await loaded;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return how;
}`;
