/**
 * One tenant's sink takes connections and never answers: no banner to some, no word after the message to the others.
 * Another tenant's mail must flow meanwhile, and the first one's must arrive once its sink is itself again.
 */

import { createIepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { sendOverHttp } from './http-client.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

/** While the other tenant is stuck, a message must arrive this soon. It takes some milliseconds on an idle machine. */
const PROMPT_MS = 5_000;
const SETTLE_MS = 90_000;

export const stuck: Form = async ({ workspace, executable, short, say }) => {
  // More than all connections and all messages in flight, so that what is stuck takes whatever it can get.
  const waiting = short ? 150 : 2_000;
  const flowing = short ? 20 : 300;
  const ledger = createLedger('stuck');
  const free = createLedger('free');
  const stuckSink = await createLedgerSink(ledger);
  const freeSink = await createLedgerSink(free);
  const never = new Promise<undefined>(() => undefined);
  stuckSink.script(({ step, session }) => (step === (session % 2 === 0 ? 'banner' : 'dot') ? never : undefined));
  const home = await createIepHome(workspace, executable, {
    sinks: { stuck: stuckSink.port, free: freeSink.port },
    tenants: { stuck: 'stuck', free: 'free' },
    impatient: true,
  });
  const daemon = await home.serve();
  const send = async (tenant: string, books: Ledger, count: number) => {
    const to = { port: home.httpPort, key: await home.key(tenant) };
    return async () => {
      for (let sent = 0; sent < count; sent += 1) await sendOverHttp(to, { ledger: books, count: 1, lines: 10 });
    };
  };
  const sendStuck = await send('stuck', ledger, waiting);
  const sendOneFree = await send('free', free, 1);

  const failures: string[] = [];
  await sendStuck();
  await stuckSink.reached('dot');
  say(`stuck: ${waiting} messages wait behind a sink that holds ${stuckSink.open} connections`);
  let slowestMs = 0;
  for (let sent = 0; sent < flowing; sent += 1) {
    const began = performance.now();
    await sendOneFree();
    await until("the other tenant's message arrives", () => free.missing().length === 0, {
      timeoutMs: PROMPT_MS,
      everyMs: 2,
    });
    slowestMs = Math.max(slowestMs, performance.now() - began);
  }
  if (ledger.tally().delivered > 0) failures.push('the stuck sink let messages through: this trial showed nothing');

  say('stuck: the sink comes back');
  stuckSink.script(({ step, message }) => {
    if (step === 'dot' && message) ledger.arrived(message.bytes);
    return undefined;
  });
  stuckSink.dropAll();
  const left = await settle(home, ledger, SETTLE_MS);
  await daemon.stop();
  await stuckSink.close();
  await freeSink.close();
  const figures = { otherTenantDelivered: free.tally().delivered, otherTenantSlowestMs: Math.round(slowestMs) };
  return verdict('stuck', { rounds: 1, ledger, stuck: left, home, failures, figures });
};
