/** A list that is longer than a page: it goes on by itself, by the wheel as by the keyboard. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { Stage } from './stage.ts';

const PAGE_ROWS = 100;
const ROWS = 250;

export function listStories(stage: () => Stage): void {
  describe('a list of more than a page', () => {
    it('goes on where its end comes in view, and the row that has the focus keeps it', async () => {
      const { platform, come } = stage();
      await platform.call('POST', '/v1/admin/tenants', { slug: 'many' });
      onTestFinished(async () => {
        await platform.call('DELETE', '/v1/admin/tenants/many?force=true');
      });
      const add = (email: string) =>
        platform.call('POST', '/v1/suppressions', { email, reason: 'manual' }, { tenant: 'many' });
      await Promise.all(Array.from({ length: ROWS }, (_, at) => add(`reader${at}@example.org`)));
      const { page, open, judge } = await come({ key: platform.keys.operator });
      await open('/ui/suppressions?tenant=many');
      const rows = page.locator('[data-row]');
      await rows.nth(PAGE_ROWS - 1).waitFor();
      expect(await rows.count()).toBe(PAGE_ROWS);

      await page.mouse.move(600, 400);
      await page.mouse.wheel(0, 100_000);
      await rows.nth(2 * PAGE_ROWS - 1).waitFor();
      expect(await rows.count()).toBe(2 * PAGE_ROWS);

      await page.keyboard.press('j');
      for (let at = 1; at < 2 * PAGE_ROWS; at += 1) await page.keyboard.press('j');
      await rows.nth(ROWS - 1).waitFor();
      const focused = "[...document.querySelectorAll('[data-row]')].indexOf(document.activeElement)";
      const before = await page.evaluate(focused);
      expect(before).toBeGreaterThan(PAGE_ROWS);
      await page.keyboard.press('j');
      expect(await page.evaluate(focused)).toBe(Number(before) + 1);

      const shown = await rows.allTextContents();
      expect(new Set(shown).size).toBe(ROWS);
      expect(await page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
      await judge();
    });
  });
}
