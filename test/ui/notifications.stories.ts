/** Notifications in the dashboard: what was told, escalations, and who is told. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { button, dialogOf, judgeAll, openForm } from './forms.ts';
import type { Stage } from './stage.ts';

export function notificationStories(stage: () => Stage): void {
  describe('notifications', () => {
    it('what was told is found, looked at, and cancelled while it waits', { timeout: 90_000 }, async () => {
      const { platform, come } = stage();
      const init = { key: platform.keys.tenant };
      await platform.call('PATCH', '/v1/admin/tenants/default', {
        settings: { defaultFrom: { email: 'app@example.com' } },
      });
      const one = await come();
      const { page, open } = one;
      await open('/ui/notifications');
      await page.getByText('Nobody was notified yet').waitFor();
      await page.getByText(`curl ${platform.url}/v1/notifications`).waitFor();
      await judgeAll(one);

      const digest = { name: 'report', digest: { every: 'daily', at: '09:00' } };
      for (const type of [digest, { name: 'job.failed' }])
        await platform.call('POST', '/v1/notification-types', type, init);
      const tell = (type: string, data: object) =>
        platform.call('POST', '/v1/notifications', { type, to: [{ email: 'ada@example.org' }], data }, init);
      await tell('job.failed', { job: 'nightly-backup' });
      await page.getByRole('link', { name: 'job.failed' }).waitFor();
      await tell('report', { rows: 17 });
      await page.getByRole('link', { name: 'report' }).waitFor();
      await judgeAll(one);

      await page.getByLabel('Status').selectOption('held');
      await page.waitForURL('**/ui/notifications?status=held');
      await eventually(async () => expect(await page.getByRole('link', { name: 'job.failed' }).count()).toBe(0));
      await page.getByLabel('Channel').selectOption('slack');
      await page.getByText('No notification matches').waitFor();
      await button(page, 'Clear').click();
      await page.keyboard.press('/');
      await page.keyboard.type('backup');
      await page.waitForURL('**/ui/notifications?q=backup');
      await page.getByRole('link', { name: 'job.failed' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'job.failed' }).waitFor();
      await page.getByText('asked for', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'open' }).waitFor();
      await judgeAll(one);

      await open('/ui/notifications?q=17');
      await page.getByRole('link', { name: 'report' }).click();
      await page.getByText('it gathers in a digest').waitFor();
      await judgeAll(one);
      await button(page, 'Cancel').click();
      await dialogOf(page).getByRole('button', { name: 'Cancel', exact: true }).click();
      await page.locator('.pill').getByText('cancelled').waitFor();
      await button(page, 'Delete').click();
      await dialogOf(page).getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor();
      expect(await page.getByRole('link', { name: 'report' }).count()).toBe(0);
      for (const name of ['report', 'job.failed']) {
        await platform.call('DELETE', `/v1/notification-types/${name}`, undefined, init);
      }
    });

    it('an escalation in progress is acknowledged by the keyboard, and nobody is told next', {
      timeout: 90_000,
    }, async () => {
      const { platform, come } = stage();
      const call = <T>(method: string, path: string, body?: object) =>
        platform.call<T>(method, `/v1/${path}`, body, { key: platform.keys.tenant });
      await call('POST', 'notification-types', { name: 'disk.full' });
      const steps = [0, 15].map((afterMinutes) => ({ afterMinutes, to: [{ email: 'ada@example.org' }] }));
      await call('POST', 'escalation-policies', { name: 'on-call', steps });
      await call('POST', 'rules', { name: 'disks', on: 'disk.full', type: 'disk.full', escalation: 'on-call' });
      await call('POST', 'events', { type: 'disk.full', data: { host: 'db-1' } });
      const one = await come();
      const { page, open } = one;
      await open('/ui/notifications?view=escalations');
      const inProgress = page.getByRole('table', { name: 'Escalations in progress' });
      await inProgress.getByText('host db-1').waitFor();
      await judgeAll(one);
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByText('made by the rule disks').waitFor();
      await page.getByText('Step').first().waitFor();
      await judgeAll(one);
      await button(page, 'Acknowledge').focus();
      await page.keyboard.press('Enter');
      await page.getByText('nobody is told next').waitFor();
      await page.locator('.page-head').getByText('acknowledged').waitFor();
      await judgeAll(one);
      await open('/ui/notifications?view=escalations');
      await page.getByText('nobody has to acknowledge anything').waitFor();
      for (const path of ['rules/disks', 'escalation-policies/on-call', 'notification-types/disk.full']) {
        await call('DELETE', path);
      }
    });

    it('a subscriber is added, says what they want, is changed and forgotten', { timeout: 120_000 }, async () => {
      const { platform, come } = stage();
      const call = <T>(method: string, path: string, body?: object) =>
        platform.call<T>(method, `/v1/${path}`, body, { key: platform.keys.tenant });
      await call('POST', 'notification-types', { name: 'invoice.due', category: 'billing' });
      const one = await come();
      const { page, open } = one;
      await open('/ui/notifications?view=subscribers');
      await page.getByText('iep subscriber add jo').waitFor();
      await judgeAll(one);
      const added = await openForm(page, 'Add');
      await added.getByLabel('Id').fill('team 1/a');
      await added.getByLabel('Address').fill('no address');
      await added.getByRole('button', { name: 'Add' }).click();
      await added.locator('.field .fault').waitFor();
      await added.getByLabel('Address').fill('ada@example.org');
      await added.getByLabel('Topics').fill('outages, news');
      await added.getByLabel('Teams workflow').fill('https://example.com/workflows/secret');
      await judgeAll(one);
      await added.getByRole('button', { name: 'Add' }).click();
      await page.getByRole('heading', { level: 1, name: 'team 1/a' }).waitFor();
      await page.getByText('https://example.com/…').waitFor();
      await judgeAll(one);

      const billing = page.getByRole('group', { name: 'Category billing' });
      await billing.getByLabel('Told').selectOption('on');
      await billing.getByLabel('How often').selectOption('daily');
      await billing.getByText('By which channels').click();
      await billing.getByLabel('By Teams').selectOption('off');
      await page.getByRole('checkbox', { name: 'webhook' }).uncheck();
      await button(page, 'Add a type').click();
      await page.getByLabel('Type').fill('invoice.due');
      await page.getByLabel('How often').last().selectOption('immediate');
      await page.getByRole('checkbox', { name: 'What is not critical waits' }).check();
      await page.getByLabel('From').fill('22:00');
      await button(page, 'Save').click();
      await page.getByRole('alert').waitFor();
      await judgeAll(one);
      await page.getByLabel('Until').fill('07:00');
      await page.getByRole('checkbox', { name: 'Sunday' }).check();
      await button(page, 'Save').click();
      await page.getByText('The preferences are saved').waitFor();
      const path = `subscribers/${encodeURIComponent('team 1/a')}`;
      expect(await call('GET', `${path}/preferences`)).toEqual({
        global: { enabled: true, channels: { webhook: false } },
        categories: { billing: { enabled: true, frequency: 'daily', channels: { teams: false } } },
        types: { 'invoice.due': { frequency: 'immediate' } },
        quietHours: { enabled: true, start: '22:00', end: '07:00', days: ['sun'] },
      });
      await page.reload();
      await page.getByLabel('Until').waitFor();
      expect(await page.getByLabel('Until').inputValue()).toBe('07:00');
      expect(await billing.getByLabel('By Teams').inputValue()).toBe('off');

      const changed = await openForm(page, 'Change');
      await changed.getByLabel('Name').fill('Team one');
      await changed.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { level: 1, name: 'Team one' }).waitFor();
      await open('/ui/notifications?view=subscribers');
      await page.getByLabel('Topic').selectOption('news');
      await page.getByRole('link', { name: 'team 1/a' }).waitFor();
      await judgeAll(one);
      await openForm(page, 'Import');
      const csv = 'id,email,topics\nbo,bo@example.org,news\nal,no address,news\n';
      const file = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
      await dialogOf(page).locator('input[type=file]').setInputFiles(file);
      await dialogOf(page).getByRole('button', { name: 'Look through it' }).click();
      await dialogOf(page).getByText('1 would be added').waitFor();
      await dialogOf(page).getByText('line 3').waitFor();
      await judgeAll(one);
      await dialogOf(page).getByRole('button', { name: 'Import' }).click();
      await page.getByRole('link', { name: 'bo', exact: true }).waitFor();
      await call('DELETE', 'subscribers/bo');
      await page.getByRole('link', { name: 'team 1/a' }).click();
      await button(page, 'Erase').click();
      await dialogOf(page).getByRole('button', { name: 'Erase' }).click();
      await page.getByText('No subscriber yet').waitFor();
      for (const left of ['notification-types/invoice.due', 'topics/outages', 'topics/news'])
        await call('DELETE', left);
    });
  });
}
