/** Every page, empty and filled, in both colours, wide and narrow: nothing that axe minds, nothing wider than the screen. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Stage } from './stage.ts';

const looks = [
  { width: 1280, theme: 'light' },
  { width: 360, theme: 'dark' },
] as const;

const pages = [
  ...[
    '/ui/',
    '/ui/analytics',
    '/ui/messages?tenant=default',
    '/ui/queue',
    '/ui/dead',
    '/ui/providers',
    '/ui/domains',
    '/ui/suppressions',
  ],
  ...['/ui/inbox', '/ui/webhooks', '/ui/tenants', '/ui/keys', '/ui/users', '/ui/account', '/ui/audit'],
  ...['/ui/settings', '/ui/doctor', '/ui/nowhere'],
];

export function pageStories(stage: () => Stage): void {
  describe('every page', () => {
    it.each(looks)('is fit to be read at $width, $theme', { timeout: 120_000 }, async (look) => {
      const { come, platform, send } = stage();
      const id = await send('To be looked at');
      await platform.call('POST', '/v1/suppressions', { email: 'gone@example.org', reason: 'complaint' });
      const { open, judge, page } = await come({ key: platform.keys.operator, ...look });
      for (const path of [...pages, `/ui/messages/${id}`, `/ui/inbox/${id}`]) {
        await open(path);
        await eventually(async () => expect(await page.locator('.loading').count()).toBe(0));
        await judge();
      }
    });

    it.each(['/ui/providers', '/ui/settings', '/ui/doctor'])(
      'tells a tenant’s key that %s is not for it',
      async (path) => {
        const { page, open, judge } = await stage().come();
        await open(path);
        await page.getByText('You may not see this').waitFor();
        await judge();
      },
    );
  });
}
