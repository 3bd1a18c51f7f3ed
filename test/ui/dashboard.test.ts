/** The dashboard in a real browser, over a real daemon: one of each for all stories. */

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildUi } from '../../scripts/ui/build.ts';
import { sizesOf } from '../../scripts/ui/sizes.ts';
import { browserProgram, launchBrowser } from './browser.ts';
import { definitionStories } from './definitions.stories.ts';
import { listStories } from './lists.stories.ts';
import { loginStories } from './login.stories.ts';
import { mailStories } from './mail.stories.ts';
import { mendingStories } from './mending.stories.ts';
import { notificationStories } from './notifications.stories.ts';
import { numberStories } from './numbers.stories.ts';
import { pageStories } from './pages.stories.ts';
import { peopleStories } from './people.stories.ts';
import { type Platform, startPlatform } from './platform.ts';
import { settingsStories } from './settings.stories.ts';
import type { Stage } from './stage.ts';
import { templateStories } from './templates.stories.ts';
import { type Visit, visit } from './visit.ts';

const FIRST_VIEW_BYTES = 150_000;
const PAGE_BYTES = 250_000;

beforeAll(() => buildUi());

it('is small: the first view and every page', () => {
  const { first, pages } = sizesOf();
  expect(first).toBeLessThan(FIRST_VIEW_BYTES);
  expect(pages.size).toBeGreaterThan(0);
  expect([...pages].filter(([, size]) => size > PAGE_BYTES)).toEqual([]);
});

/** Without Chromium there is nothing to try it in: `scripts/debian-tools` brings one. */
describe.skipIf(browserProgram === undefined)('in a browser', () => {
  let platform: Platform;
  let browser: Browser;
  const complaints: string[] = [];
  const open: Visit[] = [];

  beforeAll(async () => {
    [platform, browser] = await Promise.all([
      startPlatform({ document: { webhooks: { allowNetworks: ['127.0.0.0/8'] } } }),
      launchBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  afterEach(async () => {
    for (const one of open.splice(0)) {
      complaints.push(...one.complaints);
      await one.close();
    }
    expect(complaints, 'an error, or what the policy of the page forbids').toEqual([]);
  });

  const come: Stage['come'] = async ({ to = platform, ...options } = {}) => {
    const one = await visit(browser, to, { key: to.keys.tenant, ...options });
    open.push(one);
    return one;
  };
  const send: Stage['send'] = async (subject, to = 'jo@example.org') => {
    const accepted = await platform.call<{ messageId: string }>(
      'POST',
      '/v1/messages',
      { from: 'app@example.com', to: [to], subject, textBody: 'Hello' },
      { key: platform.keys.tenant },
    );
    return accepted.messageId;
  };

  describe('signing in by a key', () => {
    it('says why a key does not do, and lets a good one in', async () => {
      const { page, judge, open } = await come({ key: undefined });
      await open('/ui/messages');
      await judge();
      await page.getByRole('button', { name: 'Use an API key' }).click();
      await page.getByLabel('API key').fill('iep_wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('This key is not known').waitFor();
      await page.getByLabel('API key').fill(platform.keys.tenant);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Messages' }).waitFor();
      await page.locator('.account summary').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in to IEP' }).waitFor();
    });
  });

  describe('the list of messages', () => {
    it('shows the command that sends the first one', async () => {
      const { page, open, judge } = await come();
      await open('/ui/messages');
      await page.getByText('No mail yet').waitFor();
      await page.getByText(`curl ${platform.url}/v1/messages`).waitFor();
      await judge();
    });

    it('shows a message as it comes, without being asked', async () => {
      const { page, open } = await come();
      await open('/ui/messages');
      await page.getByText('Live', { exact: true }).waitFor();
      await send('It came by itself');
      await page.getByRole('link', { name: 'It came by itself' }).waitFor();
    });

    it('keeps search and filters in the address, and says when nothing matches', async () => {
      await send('Invoice 17', 'ada@example.org');
      const { page, open } = await come();
      await open('/ui/messages');
      await page.keyboard.press('/');
      await page.keyboard.type('invoice 17');
      await page.waitForURL('**/ui/messages?q=invoice+17');
      await page.getByRole('link', { name: 'Invoice 17' }).waitFor();
      await page.getByLabel('Status').selectOption('failed');
      await page.getByText('No message matches').waitFor();
      expect(page.url()).toContain('status=failed');
    });

    it('is walked by j and k', async () => {
      await send('First');
      await send('Second');
      const { page, open } = await come();
      await open('/ui/messages');
      await page.getByRole('link', { name: 'Second' }).waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('k');
      expect(await page.evaluate('document.activeElement.textContent')).toContain('Second');
      await page.keyboard.press('?');
      await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    });
  });

  pageStories(() => ({ platform, come, send }));
  listStories(() => ({ platform, come, send }));
  numberStories(() => ({ platform, come, send }));
  peopleStories(() => ({ platform, come, send }));
  loginStories(() => ({ platform, come, send }));
  mailStories(() => ({ platform, come, send }));
  settingsStories(() => ({ platform, come, send }));
  mendingStories(() => ({ platform, come, send }));
  definitionStories(() => ({ platform, come, send }));
  notificationStories(() => ({ platform, come, send }));
  templateStories(() => ({ platform, come, send }));
});
