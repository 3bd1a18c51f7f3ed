/** A tab of the dashboard, as the tests use it: signed in, watched for errors, judged by axe. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Platform } from './platform.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const HEIGHT = 800;

export interface Visit {
  readonly page: Page;
  /** What the browser complained of: what threw, and what the policy of the page held back. */
  readonly complaints: readonly string[];
  open(path: string): Promise<void>;
  /** Another width, another theme of the system, of the page that is open. */
  wear(look: Look): Promise<void>;
  /** Fails where axe finds anything serious. */
  judge(): Promise<void>;
  close(): Promise<void>;
}

export interface Look {
  readonly width: number;
  readonly theme: 'light' | 'dark';
}

export interface VisitOptions extends Partial<Look> {
  /** Absent: nobody is signed in. */
  readonly key?: string | undefined;
  /** Where the browser asks for all that is not the platform's. */
  readonly proxy?: string;
  /** What the browser asks for, such as `de-DE`. */
  readonly locale?: string;
}

export async function visit(browser: Browser, { url }: Platform, options: VisitOptions = {}): Promise<Visit> {
  const { key, width = 1280, theme = 'light', proxy, locale } = options;
  const context = await browser.newContext({
    viewport: { width, height: HEIGHT },
    colorScheme: theme,
    reducedMotion: 'reduce',
    ...(locale !== undefined && { locale }),
    ...(proxy !== undefined && { proxy: { server: proxy, bypass: new URL(url).host } }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => {
    if (/Content Security Policy|Refused to/.test(line.text())) complaints.push(line.text());
  });
  // A frame that shows mail has no store of its own.
  const keep = `if (origin !== 'null') sessionStorage.setItem('iep-key', ${JSON.stringify(key)})`;
  if (key !== undefined) await context.addInitScript(keep);
  return {
    page,
    complaints,
    async open(path) {
      await page.goto(url + path);
      await page.locator('h1').waitFor();
    },
    async wear(look) {
      await page.setViewportSize({ width: look.width, height: HEIGHT });
      await page.emulateMedia({ colorScheme: look.theme });
    },
    async judge() {
      if (await page.evaluate("!('axe' in globalThis)")) await page.evaluate(axe);
      const violations = (await page.evaluate('axe.run(document).then((found) => found.violations)')) as Violation[];
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    },
    close: () => context.close(),
  };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
