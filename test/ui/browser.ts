/** A real browser, for the tests of the dashboard. */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined where there is none: `scripts/debian-tools` brings one to Debian. */
export const browserProgram = PROGRAMS.find((path) => existsSync(path));

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserProgram ?? '',
    args: [
      ...['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...['--no-first-run', '--disable-dev-shm-usage', '--disable-gpu'],
    ],
  });
}
