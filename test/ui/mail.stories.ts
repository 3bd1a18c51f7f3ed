/** Mail in the dashboard: what is hostile runs nothing and reaches nobody, wherever it is opened. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hostileMails } from '../hostile-mail.ts';
import type { Stage } from './stage.ts';

export function mailStories(stage: () => Stage): void {
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
