/** People: by a link that is good once to a password, and with that password in again. */

import { describe, expect, it } from 'vitest';
import { startPlatform } from './platform.ts';
import type { Stage } from './stage.ts';

const PASSWORD = 'seven grey herons stand';

export function peopleStories(stage: () => Stage): void {
  describe('the link that the daemon shows at its start', () => {
    it('makes the first owner, who is signed in', async () => {
      const { come } = stage();
      const platform = await startPlatform({ dev: false });
      const { page, open, judge } = await come({ key: undefined, to: platform });
      await open(`/ui/link${new URL(platform.daemon.firstLink?.url ?? '').hash}`);
      await page.getByRole('heading', { name: 'Become the owner' }).waitFor();
      await judge();
      await page.getByLabel('Email').fill('ada@example.com');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      const { items } = await platform.call<{ items: object[] }>('GET', '/v1/users');
      expect(items).toMatchObject([{ email: 'ada@example.com', role: 'owner' }]);
      await platform.stop();
    });

    it('signs in by itself in development', async () => {
      const { come, platform } = stage();
      const { page } = await come({ key: undefined });
      await page.goto(platform.daemon.firstLink?.url ?? '');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.locator('.account summary').click();
      await page.getByText('dev@localhost').waitFor();
    });
  });

  describe('a person', () => {
    it('follows the link, chooses a password, and signs in with it from then on', async () => {
      const { platform, come } = stage();
      const person = { email: 'ada@example.com', role: 'operator' };
      const { link } = await platform.call<{ link: { url: string } }>('POST', '/v1/users', person);
      const { page, open, judge } = await come({ key: undefined });
      await open(`/ui/link${new URL(link.url).hash}`);
      await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
      expect(await page.getByLabel('Email').inputValue()).toBe('ada@example.com');
      await judge();
      await page.getByLabel('Password').fill('too short');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.locator('.account summary').click();
      await page.getByText('ada@example.com').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Email').fill('ada@example.com');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    });
  });
}
