/** `scripts/pictures templates`: each template that comes with IEP, with its examples, into docs/images/templates/. Arguments name templates; none: all. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/ui/browser.ts';
import { looks, shippedMail } from './shipped-mail.ts';

const FOLDER = join(import.meta.dirname, '../../docs/images/templates');
const QUALITY = 60;

async function takePictures(browser: Browser, pages: ReadonlyMap<string, string>): Promise<void> {
  for (const { name: look, ...how } of looks) {
    const context = await browser.newContext(how);
    for (const [name, html] of pages) {
      const page = await context.newPage();
      await page.setContent(html);
      const { width, height } = await page.evaluate<{ width: number; height: number }>(
        '({ width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight })',
      );
      if (width > how.viewport.width)
        throw new Error(`${name} is ${width} px wide where ${how.viewport.width} are there`);
      const session = await context.newCDPSession(page);
      const clip = { x: 0, y: 0, width, height, scale: 1 };
      const picture = { format: 'webp', quality: QUALITY, captureBeyondViewport: true, clip } as const;
      const { data } = await session.send('Page.captureScreenshot', picture);
      writeFileSync(join(FOLDER, `${name}-${look}.webp`), Buffer.from(data, 'base64'));
      await page.close();
    }
    await context.close();
  }
}

mkdirSync(FOLDER, { recursive: true });
const pages = await shippedMail(process.argv.slice(2));
const browser = await launchBrowser();
try {
  await takePictures(browser, pages);
} finally {
  await browser.close();
}
