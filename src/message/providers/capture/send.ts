/** The provider `capture`: takes every message, sends none, and keeps its exact bytes to be looked at. */

import { buffer } from 'node:stream/consumers';
import type { Clock } from '../../../core/clock.ts';
import type { Outcome } from '../../../core/outcome.ts';
import type { Stop } from '../../../core/stop.ts';
import type { Carrier } from '../provider.ts';
import { type ChaosRule, chaosFor, chaosOutcome } from './chaos.ts';

/** Composing in memory is all it does, so a few at once keep it busy. */
const CONCURRENCY = 20;

const captured = { text: '250 2.0.0 captured; nothing was sent', code: 250, enhanced: '2.0.0' };
const stopped = { text: '421 4.3.2 chaos: the daemon stops', code: 421, enhanced: '4.3.2' };

export function createCaptureProvider(
  { chaos = [] }: { readonly chaos?: readonly ChaosRule[] | undefined },
  { clock, random = Math.random }: { readonly clock: Pick<Clock, 'after'>; readonly random?: () => number },
): Carrier {
  return {
    concurrency: CONCURRENCY,
    async send(parcel, stop) {
      const rules = new Map(
        parcel.recipients.map(({ position, address }) => [position, chaosFor(chaos, address, random)]),
      );
      const seconds = Math.max(0, ...[...rules.values()].map((rule) => (rule?.do === 'delay' ? rule.seconds : 0)));
      const isStopped = seconds > 0 && !(await pause(clock, seconds, stop));
      const outcomeOf = (rule: ChaosRule | undefined): Outcome => {
        if (isStopped) return { kind: 'unavailable', busy: true, reply: stopped };
        return (rule && chaosOutcome(rule.do)) ?? { kind: 'delivered', reply: captured };
      };
      const outcomes = new Map([...rules].map(([position, rule]) => [position, outcomeOf(rule)]));
      const isTaken = [...rules].some(([at, rule]) => outcomes.get(at)?.kind === 'delivered' && rule?.do !== 'drop');
      if (!isTaken) return { outcomes };
      const mime = await parcel.mime();
      return { outcomes, kept: mime instanceof Uint8Array ? mime : await buffer(mime) };
    },
    check: async () => ({ ok: true, detail: detailOf(chaos.length) }),
    close: async () => undefined,
  };
}

function detailOf(rules: number): string {
  return rules === 0
    ? 'Keeps every message and sends none.'
    : `Keeps messages, sends none, and fails on purpose: chaos has ${rules} rules.`;
}

/** False where a stop began first. */
function pause(clock: Pick<Clock, 'after'>, seconds: number, { begun }: Stop): Promise<boolean> {
  if (begun.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (isOver: boolean) => {
      cancel();
      begun.removeEventListener('abort', stopping);
      resolve(isOver);
    };
    const stopping = () => end(false);
    const cancel = clock.after(seconds * 1_000, () => end(true));
    begun.addEventListener('abort', stopping);
  });
}
