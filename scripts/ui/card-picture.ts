/** `scripts/pictures card`: the plain card of Teams, drawn by Microsoft's own renderer of adaptive cards, into docs/images/. */

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cardOf } from '../../src/notify/channels/card.ts';
import { teamsPayload } from '../../src/notify/channels/teams/render.ts';
import { launchBrowser } from '../../test/ui/browser.ts';

const FOLDER = join(import.meta.dirname, '../../docs/images');

/** As Teams colours and spaces a card. */
const hostConfig = {
  fontFamily: 'Segoe UI, system-ui, sans-serif',
  spacing: { small: 4, default: 8, medium: 12, large: 16, extraLarge: 20, padding: 16 },
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  containerStyles: {
    default: { backgroundColor: '#ffffff' },
    emphasis: { backgroundColor: '#f5f5f5' },
    attention: { backgroundColor: '#fdf3f4' },
    good: { backgroundColor: '#f1faf1' },
    warning: { backgroundColor: '#fefbf4' },
  },
  actions: { actionsOrientation: 'horizontal', actionAlignment: 'left' },
};

const data = {
  ...{ job: 'nightly-backup', ok: false, host: 'db-1', startedAt: '2026-11-22T01:00:00Z', durationMs: 751_000 },
  summary: 'The archive could not be written to the remote disk.\nSee https://wiki.example.com/backup first.',
  log: '01:00:02 dump started\n01:11:40 dump done, 18.2 GB\n01:12:33 error: remote disk: connection reset',
  url: 'https://ci.example.com/jobs/8812',
};

const notice = { notificationId: 'n1', type: 'job.failed', at: 0, data };
const payload = teamsPayload({ card: cardOf({ ...notice, acknowledgeUrl: 'https://mail.example.com/a/x' }), notice });
if ('unfit' in payload) throw new Error(payload.unfit);
const { content } = JSON.parse(payload.body).attachments[0];
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 620, height: 600 }, deviceScaleFactor: 2 });
  await page.setContent(
    '<body style="margin:16px;background:#ebebeb"><div id="card" style="background:#fff"></div></body>',
  );
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('adaptivecards/dist/adaptivecards.min.js') });
  await page.evaluate(
    `{ const card = new AdaptiveCards.AdaptiveCard(); card.hostConfig = new AdaptiveCards.HostConfig(${JSON.stringify(hostConfig)});
      card.parse(${JSON.stringify(content)}); document.getElementById('card').append(card.render()); }`,
  );
  writeFileSync(join(FOLDER, 'teams-card.png'), await page.locator('#card').screenshot());
} finally {
  await browser.close();
}
