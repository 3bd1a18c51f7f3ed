/**
 * The crash form with the platform switched on: a primary that fails by turns, so that mail goes over to the fallback and
 * the breaker opens; a rate limit that refuses now and then; and a webhook receiver that fails too. A message is lost when it
 * never arrives, and also when nobody is told that it did.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Script } from '../../../test/sink.ts';
import { createIepHome, tail } from '../iep.ts';
import { until } from '../workspace.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startLoad } from './load.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';
import { createWebhookLedger } from './webhook-ledger.ts';

const LIFE_MS = { least: 200, most: 2_000 };
const SETTLE_MS = 180_000;
const START_MS = 30_000;
const TENANT = 'platform';
/** Two of five fail by chance, so with few tries some would rightly be given up. */
const WEBHOOK_TRIES = 30;
/** Below what the clients would like to send, on a slow machine too. */
const RATE_PER_MINUTE = { short: 60, whole: 12_000 };

export const platform: Form = async ({ workspace, executable, random, short, say, rounds: wanted }) => {
  const rounds = wanted ?? (short ? 2 : 20);
  const ledger = createLedger(TENANT);
  const webhooks = await createWebhookLedger({ random });
  let failing = false;
  const answer: Script = ({ step }) =>
    failing && (step === 'banner' || step === 'MAIL') ? '421 4.3.2 not now' : undefined;
  const flaky = await createLedgerSink(ledger, { answer });
  const steady = await createLedgerSink(ledger);
  const home = await createIepHome(workspace, executable, {
    sinks: { flaky: flaky.port, steady: steady.port },
    tenants: { [TENANT]: 'flaky' },
    impatient: true,
    settings: { fallback: 'steady', ratePerMinute: short ? RATE_PER_MINUTE.short : RATE_PER_MINUTE.whole },
    config: {
      breaker: { failureRate: 0.5, windowSeconds: 5, cooldownSeconds: 1 },
      webhooks: { allowNetworks: ['127.0.0.0/8'], scheduleSeconds: Array<number>(WEBHOOK_TRIES).fill(1) },
    },
  });
  let daemon = await home.serve();
  const key = await home.key(TENANT);
  await home.cli('webhook', 'add', webhooks.url, '--tenant', TENANT, '--events', 'sent');
  const clients = short ? { smtpClients: 2, httpClients: 2 } : { smtpClients: 8, httpClients: 4 };
  const load = startLoad({ home, key, ledger, random, ...clients, lines: 20, restMs: 20 });

  const limited = () =>
    [...ledger.refusals()].reduce((sum, [answer, count]) => sum + (/429|451/.test(answer) ? count : 0), 0);
  const failures: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const before = answers(ledger);
    const more = () => !daemon.alive() || answers(ledger) > before;
    await until('the daemon answers again', more, { timeoutMs: START_MS });
    failing = round % 2 === 1;
    await pause(random.between(LIFE_MS.least, LIFE_MS.most));
    if (!daemon.alive()) failures.push(`round ${round}: the daemon ended by itself:\n${tail(home.log)}`);
    await daemon.stop(0);
    say(`platform: round ${round} of ${rounds}, acknowledged ${ledger.acknowledged().size}, told ${webhooks.told()}`);
    daemon = home.spawn();
  }
  failing = false;
  // A busy machine has lived twice before so many were sent.
  await until('the limit refuses', () => limited() > 0, { timeoutMs: START_MS }).catch(() => undefined);
  await load.stop();
  webhooks.behave();
  const stuck = await settle(home, ledger, SETTLE_MS);
  const untold = () => [...ledger.acknowledged().values()].filter((id) => !webhooks.has(id));
  await until('every message was told of', () => untold().length === 0, { timeoutMs: SETTLE_MS }).catch(() =>
    failures.push(`of ${untold().length} messages that were sent no webhook came: ${untold().slice(0, 5).join(', ')}`),
  );
  const { code } = await daemon.stop();
  if (code !== 0) failures.push(`the last daemon, asked to stop, exited with ${code}`);
  const byFallback = steady.messages.length;
  if (byFallback === 0) failures.push('the fallback got nothing, so no failover was tried');
  if (webhooks.refused() === 0) failures.push('no webhook was refused, so no retry was tried');
  await Promise.all([flaky.close(), steady.close(), webhooks.close()]);
  const figures = {
    byFallback,
    limited: limited(),
    webhooks: webhooks.told(),
    webhookTries: webhooks.tries(),
    untold: untold().length,
  };
  return verdict('platform', { rounds, ledger, stuck, home, figures, failures });
};

/** A refusal is an answer too: at its limit the tenant gets no other. */
function answers(ledger: Ledger): number {
  const { acknowledged, refused } = ledger.tally();
  return acknowledged + refused;
}
