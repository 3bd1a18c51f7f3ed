/** Notifications in the dashboard: what a tenant defines is added, changed and removed. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startReceiver } from '../../src/webhooks/webhooks.testing.ts';
import { eventually } from '../eventually.ts';
import type { Stage } from './stage.ts';
import type { Visit } from './visit.ts';

const looks = (['light', 'dark'] as const).flatMap((theme) => [1280, 360].map((width) => ({ width, theme })));

/** Wide and narrow, light and dark. */
async function judgeAll({ wear, judge }: Visit): Promise<void> {
  for (const look of looks) {
    await wear(look);
    await judge();
  }
  await wear({ width: 1280, theme: 'light' });
}

const dialogOf = (page: Page) => page.getByRole('dialog').filter({ visible: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function openForm(page: Page, name: string): Promise<ReturnType<typeof dialogOf>> {
  await button(page, name).click();
  return dialogOf(page);
}

export function notificationStories(stage: () => Stage): void {
  describe('notifications', () => {
    it('a topic is added by the keyboard, described and removed', { timeout: 60_000 }, async () => {
      const one = await stage().come();
      const { page, open } = one;
      await open('/ui/notifications?view=topics');
      await page.getByText('iep topic add outages').waitFor();
      await judgeAll(one);

      await button(page, 'Add').focus();
      await page.keyboard.press('Enter');
      await dialogOf(page).getByLabel('Name').fill('No Name');
      await page.keyboard.press('Enter');
      await dialogOf(page).locator('.field .fault').waitFor();
      await judgeAll(one);
      await dialogOf(page).getByLabel('Name').fill('outages');
      await page.keyboard.press('Enter');
      await button(page, 'outages').waitFor();

      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await dialogOf(page).getByLabel('Description').fill('What is down');
      await page.keyboard.press('Enter');
      await page.getByRole('cell').getByText('What is down').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('nothing');
      await page.getByText('No topic matches').waitFor();
      expect(new URL(page.url()).search).toBe('?view=topics&q=nothing');

      await open('/ui/notifications?view=topics');
      await button(page, 'Remove').click();
      await dialogOf(page).getByRole('button', { name: 'Remove' }).click();
      await page.getByText('No topic yet').waitFor();
    });

    it('a type is added and made critical, and a rule tells of it by an escalation policy', {
      timeout: 120_000,
    }, async () => {
      const { platform, come } = stage();
      const one = await come();
      const { page, open } = one;
      const shown = (path: string) => platform.call('GET', path, undefined, { key: platform.keys.tenant });

      await open('/ui/notifications?view=types');
      await page.getByText('No notification type yet').waitFor();
      await judgeAll(one);
      const type = await openForm(page, 'Add');
      await type.getByLabel('Name').fill('job.failed');
      await type.getByLabel('Slack', { exact: true }).check();
      await type.getByLabel('Gathered in a digest').selectOption('minutes');
      await type.getByLabel('Minutes of a digest').fill('60');
      await type.getByLabel('At most').fill('5');
      await type.getByRole('button', { name: 'Add' }).click();
      await type.getByRole('alert').waitFor();
      await judgeAll(one);
      await type.getByLabel('Within minutes').fill('10');
      await type.getByRole('button', { name: 'Add' }).click();
      await page.getByText('digest every 60 min; 5 in 10 min').waitFor();

      const changed = await openForm(page, 'job.failed');
      await changed.getByRole('checkbox', { name: /^Critical/ }).check();
      await changed.getByLabel('Gathered in a digest').selectOption('');
      await changed.getByRole('button', { name: 'Save' }).click();
      await page.locator('.pill').getByText('critical', { exact: true }).waitFor();
      expect(await shown('/v1/notification-types/job.failed')).toMatchObject({
        ...{ critical: true, digest: null, channels: ['email', 'slack'], unsubscribable: true },
        rateLimit: { count: 5, windowMinutes: 10 },
      });

      await page.getByRole('link', { name: 'Escalations' }).click();
      await page.getByText('iep escalation add on-call').waitFor();
      const policy = await openForm(page, 'Add');
      await policy.getByLabel('Name').fill('on-call');
      await policy.getByLabel('Who').fill('jo');
      await policy.getByRole('button', { name: 'Add a step' }).click();
      await policy.getByLabel('After minutes').nth(1).fill('15');
      await policy.getByLabel('Kind').nth(1).selectOption('topic');
      await policy.getByLabel('Who').nth(1).fill('operators');
      await judgeAll(one);
      await policy.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('after 15 min: topic operators').waitFor();
      expect(await shown('/v1/escalation-policies/on-call')).toMatchObject({
        steps: [
          { afterMinutes: 0, to: [{ subscriber: 'jo' }] },
          { afterMinutes: 15, to: [{ topic: 'operators' }] },
        ],
      });

      await page.getByRole('link', { name: 'Rules' }).click();
      const rule = await openForm(page, 'Add');
      await rule.getByLabel('Name').fill('jobs');
      await rule.getByLabel('On events').fill('job.*');
      await rule.getByLabel('Notification type').fill('job.failed');
      await rule.getByLabel('Escalation policy').fill('on-call');
      await rule.getByLabel('Condition').fill('{"path": ');
      await rule.getByRole('button', { name: 'Add', exact: true }).click();
      await rule.getByText('The condition is no JSON').waitFor();
      await rule.getByLabel('Condition').fill('{"path": "data.tries", "op": "gt", "value": 3}');
      await rule.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('cell').getByText('escalation on-call').waitFor();
      await judgeAll(one);
      const off = await openForm(page, 'jobs');
      await off.getByRole('checkbox', { name: /^Active/ }).uncheck();
      await off.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell').getByText('off', { exact: true }).waitFor();
      expect(await shown('/v1/rules/jobs')).toMatchObject({
        ...{ on: 'job.*', active: false, to: null, escalation: 'on-call' },
        when: { path: 'data.tries', op: 'gt', value: 3 },
      });
      for (const path of ['rules/jobs', 'escalation-policies/on-call', 'notification-types/job.failed']) {
        await platform.call('DELETE', `/v1/${path}`, undefined, { key: platform.keys.tenant });
      }
    });

    it('a channel is added, its secret shown once, and tested: taken, and refused with its reason', {
      timeout: 60_000,
    }, async () => {
      const receiver = await startReceiver();
      const one = await stage().come();
      const { page, open, judge } = one;
      await open('/ui/notifications?view=channels');
      await page.getByText('iep channel add ops').waitFor();
      await judge();
      const added = await openForm(page, 'Add');
      await added.getByLabel('Name').fill('ops');
      await added.getByLabel('Posted by').selectOption('bot');
      await judgeAll(one);
      await added.getByLabel('Type').selectOption('webhook');
      await added.getByLabel('URL').fill(`${receiver.url}/secret-path`);
      await added.getByRole('button', { name: 'Add' }).click();
      await dialogOf(page).getByText('whsec_').waitFor();
      await judge();
      await dialogOf(page).getByRole('button', { name: 'Close' }).click();
      expect(await page.locator('main').textContent()).not.toContain('secret-path');

      await button(page, 'Test').click();
      await page.getByText('ops took it in').waitFor();
      expect(receiver.heard).toHaveLength(1);
      receiver.answer(() => ({ status: 410 }));
      await button(page, 'Test').click();
      await page.getByText('ops was not told, rejected').waitFor();
      await judgeAll(one);

      const changed = await openForm(page, 'ops');
      await changed.getByLabel('Description').fill('Who is awake');
      await changed.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell').getByText('Who is awake').waitFor();
      receiver.answer(() => ({ status: 204 }));
      await button(page, 'Test').click();
      await receiver.until((heard) => heard.length === 3);
      await button(page, 'Remove').click();
      await dialogOf(page).getByRole('button', { name: 'Remove' }).click();
      await page.getByText('No channel yet').waitFor();
      await receiver.close();
    });

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

    it('says whose they are where all tenants are looked at', async () => {
      const { platform, come } = stage();
      await platform.call('POST', '/v1/topics', { name: 'outages' }, { tenant: 'default' });
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/notifications?view=topics');
      await page
        .getByRole('row', { name: /outages/ })
        .getByText('default')
        .waitFor();
      await judge();
      await platform.call('DELETE', '/v1/topics/outages', undefined, { tenant: 'default' });
    });
  });
}
