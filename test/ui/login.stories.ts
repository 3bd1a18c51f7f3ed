/** Single sign-on: to a real login provider and back, as somebody does it in a browser. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type LoginProvider, startLoginProvider } from '../login-provider.ts';
import { type Platform, startPlatform } from './platform.ts';
import type { Stage } from './stage.ts';

/** On the page of the provider. */
async function signInAs(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.keyboard.press('Enter');
}

export function loginStories(stage: () => Stage): void {
  describe('single sign-on', () => {
    let provider: LoginProvider;
    let platform: Platform;
    beforeAll(async () => {
      provider = await startLoginProvider({ claim: 'groups', map: { ops: 'operator' } });
      platform = await startPlatform({ document: { dashboard: { oidc: [provider.settings] } } });
      provider.serve(`${platform.url}/ui/oidc/company`);
    });
    afterAll(async () => {
      await platform?.stop();
      await provider?.close();
    });

    it('leads back to the page that was asked for, and asks the provider again before something dangerous', async () => {
      provider.groups.set('ada', ['staff', 'ops']);
      const { page, open, judge } = await stage().come({ key: undefined, to: platform });
      await open('/ui/keys?tenant=default');
      await page.getByRole('button', { name: 'Sign in with company' }).waitFor();
      await judge();
      await page.getByRole('button', { name: 'Sign in with company' }).click();
      await signInAs(page, 'ada');
      await page.getByRole('heading', { name: 'API keys' }).waitFor();
      await page.getByText('ada@example.com').waitFor();

      await page.getByRole('button', { name: 'Add' }).click();
      await page.getByLabel('Name').fill('made after a login');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
      await judge();
      const opened = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Sign in with company again' }).click();
      await signInAs(await opened, 'ada');
      await page.getByRole('heading', { name: 'The new key' }).waitFor();
    });

    it('says to who has no role why nobody comes in, and where to go on', async () => {
      const { page, open, judge } = await stage().come({ key: undefined, to: platform });
      await open('/ui/');
      await page.getByRole('button', { name: 'Sign in with company' }).click();
      await signInAs(page, 'eve');
      await page.getByText('you have no role here').waitFor();
      await judge();
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Sign in to IEP' }).waitFor();
    });
  });
}
