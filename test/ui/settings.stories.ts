/** The configuration in force and the doctor, as an operator looks into them. */

import { describe, it, onTestFinished } from 'vitest';
import type { Stage } from './stage.ts';

export function settingsStories(stage: () => Stage): void {
  describe('the settings', () => {
    it('are searched, and say who made them', async () => {
      const { come, platform } = stage();
      const settings = { type: 'smtp', host: 'smtp.example.com', username: 'iep', password: 'a secret password' };
      await platform.call('POST', '/v1/admin/providers', { name: 'shown', settings });
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/settings');
      await page.getByText('There is no file').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('providers.shown.p');
      await page.waitForURL('**/ui/settings?q=providers.shown.p');
      const row = page.getByRole('row').filter({ hasText: 'providers.shown.password' });
      await row.getByText('(hidden)').waitFor();
      await row.getByText('Command').waitFor();
      await page.getByLabel('Source').selectOption('environment');
      await page.getByText('No setting matches').waitFor();
      await judge();
      await platform.call('DELETE', '/v1/admin/providers/shown');
    });
  });

  describe('the providers', () => {
    it('are shown with the way of the platform, and with the shares of a tenant that splits', async () => {
      const { come, platform } = stage();
      await platform.call('POST', '/v1/admin/providers', { name: 'nowhere', settings: { type: 'null' } });
      await platform.call('POST', '/v1/admin/tenants', {
        slug: 'halves',
        settings: { split: { dev: 3, nowhere: 1 }, route: ['dev'] },
      });
      onTestFinished(async () => {
        await platform.call('DELETE', '/v1/admin/tenants/halves?force=true');
        await platform.call('DELETE', '/v1/admin/providers/nowhere?force=true');
      });
      const { page, open, judge, wear } = await come({ key: platform.keys.operator });
      await open('/ui/providers');
      const ways = page.getByRole('region', { name: 'Routes and splits' });
      await ways.getByText('dev', { exact: true }).waitFor();
      await ways.getByText('dev 75%, nowhere 25%, then dev').waitFor();
      await wear({ width: 360, theme: 'dark' });
      await judge();
      await wear({ width: 1280, theme: 'light' });
      await open('/ui/tenants');
      await page.getByRole('row', { name: 'halves' }).getByText('dev 75%, nowhere 25%, then dev').waitFor();
    });
  });

  describe('the doctor', () => {
    it('looks when it is asked, and says what is wrong first', async () => {
      const { come, platform } = stage();
      await platform.call('POST', '/v1/admin/queue/pause', {});
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/doctor');
      await page.getByText('Not examined yet').waitFor();
      await judge();
      await page.getByRole('button', { name: 'Examine now' }).focus();
      await page.keyboard.press('Enter');
      await page
        .getByRole('status')
        .getByText(/^Examined/)
        .waitFor();
      const wrong = page.getByRole('region', { name: 'What is wrong' });
      await wrong.getByText('iep queue resume').waitFor();
      await page.getByRole('region', { name: 'What is well' }).getByText('integrity').waitFor();
      await judge();
      await platform.call('POST', '/v1/admin/queue/resume', {});
    });
  });
}
