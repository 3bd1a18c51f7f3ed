/** Templates in the dashboard: a designer's day, from an empty list to a test in the inbox. */

import { expect, it } from 'vitest';
import type { Stage } from './stage.ts';

export function templateStories(stage: () => Stage): void {
  it('a template is made, written, looked at, published, compared, rolled back and tried out', {
    timeout: 120_000,
  }, async () => {
    const { platform, come } = stage();
    await platform.call('PATCH', '/v1/admin/tenants/default', {
      settings: { defaultFrom: { email: 'app@example.com' } },
    });
    const { page, open, judge } = await come();
    await open('/ui/templates');
    await page.getByText('No template yet').waitFor();
    await judge();

    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('My welcome');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('alert').getByText('name: must begin with a small letter').waitFor();
    // Beside its field and in the note, and no third time.
    expect(await page.getByText('must begin with a small letter').count()).toBe(2);
    await page.getByRole('textbox', { name: 'Name' }).fill('welcome');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('heading', { level: 1, name: 'welcome' }).waitFor();
    await page.getByText('not published').waitFor();

    const source = page.getByRole('textbox', { name: 'HTML' });
    await source.click();
    await page.keyboard.press('ControlOrMeta+A');
    // Key by key: faster than the page is drawn, and none is lost.
    await page.keyboard.type('<h1>Dear {{UserName}}</h1><img src="https://example.com/a.png"><p>a/j/k?</p>');
    const frame = page.frameLocator('iframe[title="HTML of the preview"]');
    await frame.getByText('Dear Jo').waitFor();
    // Keys that are shortcuts elsewhere.
    await frame.getByText('a/j/k?').waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
    await page.getByLabel('UserName').fill('<b>Ada</b>');
    await frame.getByText('Dear <b>Ada</b>').waitFor();
    await page.getByRole('tab', { name: /Warnings \([1-9]/ }).click();
    await judge();

    // What is typed while the version that was saved is on its way stays.
    let letCome = () => {};
    const typed = new Promise<void>((resolve) => {
      letCome = resolve;
    });
    await page.route('**/v1/templates/welcome/versions/2', async (route) => {
      await typed;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Add a language' }).click();
    await page.getByLabel('Language', { exact: true }).last().fill('german');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('alert').getByText('A language is written as de or fr-CA are').waitFor();
    await page.getByLabel('Language', { exact: true }).last().fill('de');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'Remove de' }).click();
    await page.getByRole('button', { name: 'Add a language' }).waitFor();

    // A question that is answered with no: nothing of it is lost.
    const asked = page.waitForEvent('dialog').then(async (dialog) => {
      await dialog.dismiss();
      return dialog.message();
    });
    await page.getByRole('link', { name: 'IEP' }).click();
    expect(await asked).toContain('not saved');
    await page.getByRole('heading', { level: 1, name: 'welcome' }).waitFor();

    await page.getByRole('button', { name: 'Save and publish' }).click();
    await page.getByText('Version 2 is saved and published').waitFor();
    await page.getByLabel('Subject').fill('Dear {{#if}}');
    letCome();
    await page.getByText('version 2 of 2 is published').waitFor();
    expect(await page.getByLabel('Subject').inputValue()).toBe('Dear {{#if}}');
    await page.getByRole('alert').getByText('subject', { exact: true }).waitFor();
    await page.getByLabel('Subject').fill('Dear {{UserName}}');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Compare 3 with 2' }).click();
    await page.getByRole('dialog').getByText('+Dear {{UserName}}').waitFor();
    await judge();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Publish 3' }).click();
    await page.getByText('version 3 of 3 is published').waitFor();
    await page.getByRole('button', { name: 'Roll back to 2' }).click();
    await page.getByText('version 2 of 3 is published').waitFor();

    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('dialog').getByLabel('To').fill('me@example.org');
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await page.getByText('A test of welcome is on its way').waitFor();
    await open('/ui/inbox');
    await page.getByRole('link', { name: '[test] Hello Jo' }).waitFor();

    await open('/ui/templates/welcome');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No template yet').waitFor();
  });
}
