/** How the stories come to a form of the dashboard, and have each of its states judged. */

import type { Locator, Page } from 'playwright-core';
import type { Visit } from './visit.ts';

const looks = (['light', 'dark'] as const).flatMap((theme) => [1280, 360].map((width) => ({ width, theme })));

/** Wide and narrow, light and dark. */
export async function judgeAll({ wear, judge }: Visit): Promise<void> {
  for (const look of looks) {
    await wear(look);
    await judge();
  }
  await wear({ width: 1280, theme: 'light' });
}

export const dialogOf = (page: Page) => page.getByRole('dialog').filter({ visible: true });
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

export async function openForm(page: Page, name: string): Promise<Locator> {
  await button(page, name).click();
  return dialogOf(page);
}
