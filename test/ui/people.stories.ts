/** People: by a link that is good once to a password, to a second factor, to passkeys, and in again by each; and who manages them. */

import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.ts';
import type { Stage } from './stage.ts';
import type { Visit } from './visit.ts';

const PASSWORD = 'seven grey herons stand';

/** Passkeys are bound to a name, which an address is not. */
const named = (platform: Platform): Platform => ({ ...platform, url: platform.url.replace('127.0.0.1', 'localhost') });

/** A device that asks for a finger, and gets it. */
async function plugAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
  } as const;
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

type Coming = NonNullable<Parameters<Stage['come']>[0]>;

const looks = [
  { width: 1280, theme: 'light' },
  { width: 800, theme: 'dark' },
  { width: 360, theme: 'light' },
] as const;

/** Comes by the link of a new operator, and sets the password. */
async function comeAs(
  email: string,
  { come, platform }: Stage,
  { to = platform, ...look }: Coming = {},
): Promise<Visit> {
  const { link } = await to.call<{ link: { url: string } }>('POST', '/v1/users', { email, role: 'operator' });
  const visit = await come({ ...look, key: undefined, to });
  await visit.open(`/ui/link${new URL(link.url).hash}`);
  await visit.page.getByLabel('Password').fill(PASSWORD);
  await visit.page.keyboard.press('Enter');
  await visit.page.getByRole('heading', { name: /Overview|Set up a second factor/ }).waitFor();
  return visit;
}

async function signOut(page: Page): Promise<void> {
  await page.locator('.account summary').click();
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to IEP' }).waitFor();
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
}

/** From the button to the recovery codes; answers the secret and one of them. */
async function setUpTotp({ page, judge }: Visit): Promise<{ secret: string; recovery: string }> {
  await page.getByRole('button', { name: 'Set up an authenticator' }).click();
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  await judge();
  const secret = (await page.getByRole('dialog').locator('pre').textContent()) ?? '';
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
  await judge();
  const recovery = (await page.locator('.recovery-codes li').first().textContent()) ?? '';
  await page.getByRole('button', { name: 'I have kept them' }).click();
  return { secret, recovery };
}

/** `later`: of so many steps from now. */
function codeOf(secret: string, later = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + later * 30_000 });
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'Passkeys' }).getByText(name).waitFor();
}

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
      await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Email').fill('ada@example.com');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    });
  });

  describe('a second factor', () => {
    it('is set up with an authenticator, asked for at the next login, and has recovery codes', async () => {
      const visit = await comeAs('totp@example.com', stage());
      const { page, open, judge } = visit;
      await open('/ui/account');
      const { secret, recovery } = await setUpTotp(visit);
      await page.getByText('10 of your recovery codes are left').waitFor();
      await judge();
      for (const code of [codeOf(secret, 1), recovery]) {
        await signOut(page);
        await signIn(page, 'totp@example.com');
        await page.getByRole('textbox', { name: 'Code' }).fill('000000');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').getByText('The login is not right').waitFor();
        await judge();
        await page.getByRole('textbox', { name: 'Code' }).fill(code);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Your account' }).waitFor();
      }
      await page.getByText('9 of your recovery codes are left').waitFor();
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('button', { name: 'Set up an authenticator' }).waitFor();
    });

    it('is all that there is to do where the platform asks for it', async () => {
      const platform = await startPlatform({ document: { dashboard: { requireSecondFactor: true } } });
      const visit = await comeAs('ada@example.com', stage(), { to: platform });
      const { page, open, judge } = visit;
      await open('/ui/messages');
      await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
      await judge();
      await setUpTotp(visit);
      await page.getByRole('heading', { name: 'Messages' }).waitFor();
      await platform.stop();
    });
  });

  describe('a reload that asks for a second factor', () => {
    it('leaves who is signed in nothing to do but to set one up, until it is taken back', async () => {
      const platform = await startPlatform();
      const visit = await comeAs('ada@example.com', stage(), { to: platform });
      const { page } = visit;
      await page.getByRole('link', { name: 'Tenants' }).click();
      await page.getByRole('heading', { name: 'Tenants' }).waitFor();
      await platform.reload({ dashboard: { requireSecondFactor: true } });
      await page.getByRole('link', { name: 'Audit log' }).click();
      await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
      await platform.reload({});
      await page.reload();
      await page.getByRole('heading', { name: 'Audit log' }).waitFor();
      await platform.reload({ dashboard: { requireSecondFactor: true } });
      await page.reload();
      await setUpTotp(visit);
      await page.getByRole('heading', { name: 'Audit log' }).waitFor();
      await platform.stop();
    });
  });

  describe('a passkey', () => {
    it('is made, signs in by itself, is asked for before something dangerous, and is removed', async () => {
      const visit = await comeAs('key@example.com', stage(), { to: named(stage().platform) });
      const { page, open, judge } = visit;
      await plugAuthenticator(page);
      await open('/ui/account');
      await addPasskey(page, 'Laptop');
      await judge();
      await signOut(page);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
      await page.getByRole('table', { name: 'Sessions' }).getByText('passkey').waitFor();

      await signOut(page);
      await signIn(page, 'key@example.com');
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
      await judge();
      await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByText('signs you in without password and code').waitFor();
    });
  });

  describe('the own account', () => {
    it.each(looks)('is fit to be read at $width, $theme, and ends another session', async (look) => {
      const email = `own-${look.width}@example.com`;
      const { page, open, judge } = await comeAs(email, stage(), { ...look, to: named(stage().platform) });
      await plugAuthenticator(page);
      await open('/ui/account');
      await addPasskey(page, 'Laptop');
      const { come, platform } = stage();
      const other = await come({ key: undefined, to: platform });
      await other.open('/ui/');
      await signIn(other.page, email);
      await other.page.getByRole('heading', { name: 'Overview' }).waitFor();
      await open('/ui/account');
      await page.getByRole('button', { name: 'Sign out there' }).waitFor();
      await judge();
      await page.getByRole('button', { name: 'Sign out there' }).click();
      await page.getByRole('button', { name: 'Sign out there' }).waitFor({ state: 'detached' });
      await other.page.reload();
      await other.page.getByRole('heading', { name: 'Sign in to IEP' }).waitFor();
    });
  });

  describe('something dangerous', () => {
    it('asks for the password again where the login is old, and is done then', async () => {
      const { page, open, judge } = await comeAs('old@example.com', stage());
      await open('/ui/keys?tenant=default');
      let refusals = 2;
      await page.route('**/v1/admin/keys', async (route) => {
        if (route.request().method() !== 'POST' || refusals === 0) return route.fallback();
        refusals -= 1;
        const body = JSON.stringify({
          code: 'login_too_old',
          detail: 'This needs a login that is not older',
          status: 403,
        });
        await route.fulfill({ status: 403, contentType: 'application/problem+json', body });
      });
      await page.getByRole('button', { name: 'Add' }).click();
      await page.getByLabel('Name').fill('made after a question');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('alert').getByText('needs a login').waitFor();
      await page.getByRole('button', { name: 'Add' }).last().click();
      await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
      await judge();
      await page.getByLabel('Password').fill('not the password');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('The login is not right').waitFor();
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'The new key' }).waitFor();
    });
  });

  describe('the people', () => {
    it.each(looks)('are added, changed, reset and removed at $width, $theme', async (look) => {
      const { come, platform } = stage();
      const email = `eve-${look.width}@example.com`;
      const { page, open, judge } = await come({ key: platform.keys.operator, ...look });
      await open('/ui/users');
      await page.getByRole('button', { name: 'Add' }).click();
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Role').selectOption('member');
      await page.getByLabel('default', { exact: true }).selectOption('sender');
      await judge();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('/ui/link#iep_link_').waitFor();
      await judge();
      await page.keyboard.press('Escape');
      const row = page.getByRole('row').filter({ hasText: email });
      await row.getByText('sender of default').waitFor();
      await page.keyboard.press('j');
      await row.getByRole('button', { name: email }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('Role').selectOption('viewer');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await row.getByText('viewer', { exact: true }).waitFor();
      await row.getByRole('button', { name: 'Reset' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
      await page.getByRole('dialog').getByText('/ui/link#iep_link_').waitFor();
      await page.keyboard.press('Escape');
      await row.getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await row.waitFor({ state: 'detached' });
      await judge();
    });
  });
}
