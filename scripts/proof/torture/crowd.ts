/**
 * Relays that take so many connections and say 421 to one more. A daemon that may open twenty has to find that out, keep to
 * it, and deliver nearly as fast as through a relay of the same kind whose `maxConnections` is right.
 */

import type { Script, Sink } from '../../../test/sink.ts';
import { createIepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { sendOverHttp } from './http-client.ts';
import { createLedger } from './ledger.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

const LIMITS = { short: [1, 4], whole: [1, 4, 8] };
/** Messages for each connection that is allowed, and how long the relay takes over one: the pace is the relay's. */
const PER_CONNECTION = { short: 20, whole: 100 };
const DELAY_MS = 200;
const PER_BATCH = 20;
const SETTLE_MS = 180_000;
/** Of the pace with the right `maxConnections`. */
const LEAST_SHARE = 0.8;

export const crowd: Form = async ({ workspace, executable, short, say }) => {
  const ledger = createLedger('crowd');
  const relays = await Promise.all(
    (short ? LIMITS.short : LIMITS.whole).flatMap((allowed) =>
      [undefined, allowed].map(async (maxConnections) => {
        const name = maxConnections === undefined ? `finds-${allowed}` : `told-${allowed}`;
        const count = allowed * (short ? PER_CONNECTION.short : PER_CONNECTION.whole);
        return { name, allowed, maxConnections, count, sink: await createRelay(allowed) };
      }),
    ),
  );
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: Object.fromEntries(relays.map(({ name }) => [name, name])),
    config: {
      providers: Object.fromEntries(
        relays.map(({ name, sink: { host, port }, maxConnections }) => [
          name,
          { type: 'smtp', host, port, tls: 'none', maxConnections },
        ]),
      ),
      routing: { primary: relays[0]?.name },
    },
  });
  const daemon = await home.serve();
  const keys = new Map<string, string>();
  for (const { name } of relays) keys.set(name, await home.key(name));
  const began = performance.now();
  const paces = await Promise.all(
    relays.map(async ({ name, count, sink }) => {
      const to = { port: home.httpPort, key: keys.get(name) ?? '' };
      for (let sent = 0; sent < count; sent += PER_BATCH)
        await sendOverHttp(to, { ledger, count: PER_BATCH, lines: 5 });
      await until(`${name} has everything`, () => sink.messages.length >= count, { timeoutMs: SETTLE_MS });
      const perSecond = count / ((performance.now() - began) / 1_000);
      say(`crowd: ${name} took ${count}, ${perSecond.toFixed(1)} a second`);
      return [name, perSecond] as const;
    }),
  );
  const stuck = await settle(home, ledger, SETTLE_MS);
  await daemon.stop();
  await Promise.all(relays.map(({ sink }) => sink.close()));

  const failures: string[] = [];
  const figures: Record<string, number> = {};
  const paceOf = Object.fromEntries(paces);
  for (const { allowed, maxConnections } of relays) {
    if (maxConnections === undefined) continue;
    const share = (paceOf[`finds-${allowed}`] ?? 0) / (paceOf[`told-${allowed}`] ?? 1);
    figures[`shareAt${allowed}`] = Math.round(share * 100) / 100;
    // The short form runs on busy machines, where the pace is nobody's.
    if (!short && share < LEAST_SHARE)
      failures.push(`at ${allowed} connections it has ${figures[`shareAt${allowed}`]} of the pace`);
  }
  if (ledger.tally().duplicates > 0) failures.push(`${ledger.tally().duplicates} messages arrived a second time`);
  return verdict('crowd', { rounds: 1, ledger, stuck, home, figures, failures });

  /** Counts as relays do: a connection that it turned away counts until it is closed. */
  async function createRelay(allowed: number): Promise<Sink> {
    const answer: Script = ({ step }) =>
      step === 'banner' && sink.open > allowed ? '421 4.7.0 too many connections from you' : undefined;
    const sink = await createLedgerSink(ledger, { answer, delayMs: () => DELAY_MS });
    return sink;
  }
};
