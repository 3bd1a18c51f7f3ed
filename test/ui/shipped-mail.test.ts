/** The templates that come with IEP, in a real browser: light, dark and on a phone, none is wider than its screen, and axe minds nothing. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { looks, shippedMail } from '../../scripts/ui/shipped-mail.ts';
import { browserProgram, launchBrowser } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A mail stands in the page of its reader, which has the landmarks and the first heading. */
const OF_PAGES = ['region', 'landmark-one-main'];

describe.skipIf(browserProgram === undefined)('the templates that come with IEP', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each(looks.map((look) => [look.name, look] as const))('%s', async (_, { name: __, ...how }) => {
    const context = await browser.newContext(how);
    const page = await context.newPage();
    const found: string[] = [];
    for (const [name, html] of await shippedMail()) {
      await page.setContent(html);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > how.viewport.width) found.push(`${name}: ${width} px wide`);
      await page.evaluate(axe);
      const violations = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
        'axe.run(document).then((found) => found.violations)',
      );
      for (const { id, nodes } of violations) {
        if (!OF_PAGES.includes(id)) found.push(...nodes.map((node) => `${name}: ${id}: ${node.html.slice(0, 100)}`));
      }
    }
    expect(found).toEqual([]);
    await context.close();
  });
});
