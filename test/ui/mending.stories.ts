/** What somebody does who was called at night: by the keyboard alone, from what is wrong to where it is mended. */

import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startReceiver } from '../../src/webhooks/webhooks.testing.ts';
import { createSink } from '../sink.ts';
import type { Stage } from './stage.ts';

/** More than any page has between two controls. */
const MOST_TABS = 150;

/** Goes there by the Tab key, from wherever the focus is. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor();
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if (await control.evaluate((node) => node === node.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not come to ${control}`);
}

async function press(page: Page, control: Locator): Promise<void> {
  await tabTo(page, control);
  await page.keyboard.press('Enter');
}

async function type(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

export function mendingStories(stage: () => Stage): void {
  describe('by the keyboard alone', () => {
    it('finds that the password of a provider is wrong, and gives the right one', async () => {
      const { platform, come } = stage();
      const sink = await createSink({ users: { iep: 'right' } });
      const { host, port } = sink;
      const settings = { type: 'smtp', host, port, tls: 'none', username: 'iep', password: 'wrong' };
      await platform.call('POST', '/v1/admin/providers', { name: 'relay', settings });
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/providers');
      const relay = page.getByRole('region', { name: 'relay' });
      await press(page, relay.getByRole('button', { name: 'Test' }));
      await press(page, page.getByRole('dialog').getByRole('button', { name: 'Test', exact: true }));
      await page.getByRole('dialog').getByText('535').first().waitFor();
      await judge();
      await page.keyboard.press('Escape');
      await press(page, relay.getByRole('button', { name: 'Change' }));
      await type(page, page.getByLabel('password'), 'right');
      // The page looks at the state of the providers every few seconds; what is typed stays.
      await page.waitForResponse((response) => response.url().endsWith('/v1/admin/providers'));
      await page.waitForResponse((response) => response.url().endsWith('/v1/admin/providers'));
      expect(await page.getByLabel('password').inputValue()).toBe('right');
      await page.keyboard.press('Enter');
      await page.getByText('It has the new settings').waitFor();
      await press(page, relay.getByRole('button', { name: 'Test' }));
      await press(page, page.getByRole('dialog').getByRole('button', { name: 'Test', exact: true }));
      await page.getByRole('dialog').locator('[data-tone=good]').waitFor();
      await platform.call('DELETE', '/v1/admin/providers/relay');
      await sink.close();
    });

    it('finds why nobody was mailed, and lets the address be mailed again', async () => {
      const { platform, come, send } = stage();
      await platform.call('POST', '/v1/suppressions', { email: 'ada@example.net', reason: 'hard_bounce' });
      await send('Your receipt', 'ada@example.net');
      const { page, open, judge } = await come();
      await open('/ui/messages?q=receipt');
      await page.getByRole('link', { name: 'Your receipt' }).waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Why it is as it is' }).getByText('suppression list').first().waitFor();
      await judge();
      await press(page, page.getByRole('button', { name: 'Take ada@example.net off' }).first());
      await press(page, page.getByRole('dialog').getByRole('button', { name: 'Take ada@example.net off' }));
      await page.locator('.page-head').getByText('sent', { exact: true }).waitFor();
    });

    it('turns mail off for somebody who asked for it, and on again', async () => {
      const { platform, come } = stage();
      const { page, open, judge } = await come();
      await open('/ui/suppressions');
      await press(page, page.getByRole('link', { name: 'Unsubscribes' }));
      await page.getByText('Nobody turned mail off').waitFor();
      await judge();
      await press(page, page.getByRole('button', { name: 'Add' }));
      await type(page, page.getByRole('dialog').getByLabel('Address'), 'jo@example.net');
      await type(page, page.getByRole('dialog').getByLabel('Category'), 'news');
      await press(page, page.getByRole('dialog').getByRole('button', { name: 'Turn off' }));
      await page.getByRole('table', { name: 'Unsubscribes' }).getByText('somebody here').waitFor();
      await judge();
      const init = { key: platform.keys.tenant };
      await platform.call('POST', '/v1/unsubscribes', { email: 'jo@example.net' }, init);
      await open('/ui/suppressions?view=unsubscribes&category=news');
      await page.getByRole('cell', { name: 'news' }).waitFor();
      await press(page, page.getByRole('button', { name: 'Turn on' }));
      await press(page, page.getByRole('dialog').getByRole('button', { name: 'Turn on' }));
      await page.getByText('Nobody matches').waitFor();
      const left = await platform.call<{ items: object[] }>('GET', '/v1/unsubscribes', undefined, init);
      expect(left.items).toMatchObject([{ email: 'jo@example.net', category: null }]);
    });

    it('finds an endpoint that is dead, and has it told what it missed once it lives', async () => {
      const { platform, come, send } = stage();
      const receiver = await startReceiver();
      receiver.answer(() => ({ status: 503 }));
      await platform.call('POST', '/v1/webhooks', { url: receiver.url, events: ['sent'] });
      await send('Told to nobody');
      await receiver.until((heard) => heard.length > 0);
      const { page, open, judge } = await come();
      await open('/ui/webhooks');
      await page.getByText('failing').waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByRole('table', { name: 'Deliveries' }).waitFor();
      await judge();
      receiver.answer(() => ({ status: 204 }));
      await press(page, page.getByRole('table').getByRole('button', { name: 'Replay' }));
      await page.getByRole('table').getByText('delivered').waitFor();
      await receiver.close();
    });

    it('finds a tenant at its limit, and gives it more', async () => {
      const { platform, come } = stage();
      await platform.call('POST', '/v1/admin/tenants', {
        slug: 'shop',
        settings: { ratePerMinute: 1, anySender: true },
      });
      const mail = { from: 'a@shop.example', to: ['b@example.com'], subject: 'Hello', textBody: 'Hello' };
      const batch = { messages: [mail, mail, mail] };
      await platform.call('POST', '/v1/messages/batch', batch, { tenant: 'shop' });
      const refused = () => platform.call('GET', '/v1/stats', undefined, { tenant: 'shop' });
      await expect.poll(refused, { timeout: 20_000 }).toMatchObject({ refused: { rateLimited: 2 } });
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/');
      await page.getByText('shop is over its rate limit: 2 messages were refused.').waitFor();
      await press(page, page.getByRole('link', { name: 'Change its limits' }));
      await page.getByText('1 a minute').waitFor();
      await press(page, page.getByRole('button', { name: 'shop', exact: true }));
      await type(page, page.getByLabel('Messages a minute'), '0');
      await page.keyboard.press('Enter');
      await tabTo(page, page.getByLabel('Messages a minute'));
      expect(await page.evaluate('document.activeElement.validity.rangeUnderflow')).toBe(true);
      await type(page, page.getByLabel('Messages a minute'), '500');
      await judge();
      await page.keyboard.press('Enter');
      await page.getByText('500 a minute').waitFor();
    });
  });
}
