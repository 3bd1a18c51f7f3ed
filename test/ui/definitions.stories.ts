/** What a tenant defines of its notifications: added, changed and removed in the dashboard. */

import { describe, expect, it } from 'vitest';
import { startReceiver } from '../../src/webhooks/webhooks.testing.ts';
import { button, dialogOf, judgeAll, openForm } from './forms.ts';
import type { Stage } from './stage.ts';

export function definitionStories(stage: () => Stage): void {
  describe('what notifications are made of', () => {
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

    it('says to a key that may only send that it may not see them', async () => {
      const { platform, come } = stage();
      const body = { tenant: 'default', scopes: ['send'] };
      const { key } = await platform.call<{ key: string }>('POST', '/v1/admin/keys', body);
      const { page, open, judge } = await come({ key });
      for (const view of ['history', 'subscribers', 'types', 'topics', 'rules', 'channels', 'escalations']) {
        await open(`/ui/notifications?view=${view}`);
        await page.getByText('You may not see this').first().waitFor();
        await judge();
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
      await page.getByRole('link', { name: 'subscribers', exact: true }).click();
      await page.getByText('No subscriber matches').waitFor();
      expect(await page.getByRole('combobox', { name: 'Tenant' }).inputValue()).toBe('default');
      await judge();
      await platform.call('DELETE', '/v1/topics/outages', undefined, { tenant: 'default' });
    });
  });
}
