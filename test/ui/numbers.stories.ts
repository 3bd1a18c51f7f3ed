/** What is looked at and moved as a whole: rates over time, lists as files, and all that a filter matches. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Stage } from './stage.ts';

export function numberStories(stage: () => Stage): void {
  describe('rates over time', () => {
    it('are drawn, stand in a table, and come as a file', async () => {
      const { come, platform, send } = stage();
      await send('To be counted');
      await eventually(async () =>
        expect((await platform.call<{ items: unknown[] }>('GET', '/v1/analytics')).items).not.toEqual([]),
      );
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/analytics');
      await page.locator('.line-chart canvas').waitFor();
      await page.getByRole('row', { name: /^dev / }).waitFor();
      await judge();
      await page.getByLabel('Divided').selectOption('template');
      await page.getByRole('row', { name: /^no template / }).waitFor();
      await page.getByLabel('Divided').selectOption('tenant');
      await page.getByRole('row', { name: /^default / }).waitFor();
      await page.getByLabel('What is drawn').selectOption('recipients');
      await page.waitForURL('**/ui/analytics?by=tenant&rate=recipients');
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export CSV' }).click(),
      ]);
      expect(readFileSync(await file.path(), 'utf8')).toMatch(/^at,tenant,recipients,.*\r\n.*,default,\d/);
      await page.getByPlaceholder('Any category').fill('nothing has this');
      await page.keyboard.press('Enter');
      await page.getByText('No mail in this time').waitFor();
      await judge();
    });
  });

  describe('all that a filter matches', () => {
    it('is counted, then cancelled', async () => {
      const { come, platform } = stage();
      const mail = { from: 'app@example.com', to: ['jo@example.org'], textBody: 'Hello', groupId: 'party' };
      const scheduledAt = new Date(Date.now() + 86_400_000).toISOString();
      for (const subject of ['Invitation 1', 'Invitation 2']) {
        const key = platform.keys.tenant;
        await platform.call('POST', '/v1/messages', { ...mail, subject, scheduledAt }, { key });
      }
      const { page, open, judge } = await come();
      await open('/ui/messages?groupId=party');
      await page.getByRole('link', { name: 'Invitation 2' }).waitFor();
      await page.getByRole('button', { name: 'Cancel what matches' }).click();
      await page.getByText('2 messages that wait').waitFor();
      await judge();
      await page.getByRole('button', { name: 'Cancel 2' }).click();
      await page.getByText('2 messages are cancelled').waitFor();
      await page.locator('.pill', { hasText: 'cancelled' }).first().waitFor();
      await page.getByRole('button', { name: 'Cancel what matches' }).click();
      await page.getByText('No message that the filters match still waits').waitFor();
    });
  });
}
