/** A vendor that tells what became of mail, as Resend does: signed, one event a callback, again until somebody says yes. */

import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from './random.ts';
import { kindsOf, type Mail } from './told.ts';

/** Its name in IEP. */
export const PROVIDER = 'vendor';
const KEY = Buffer.from('a secret of this trial and of no other');
/** One in so many is told again though somebody said yes. */
const AGAIN_ONE_IN = 4;
const PATIENCE_MS = 20_000;
const REST_MS = 50;

const API_KEY = 'none';
/** Who may use its SMTP endpoint, where what comes whole goes. */
export const SMTP_USERS = { resend: API_KEY };

export function providerOf(smtpPort: number) {
  return {
    ...{ type: 'resend', smtpEndpoint: `127.0.0.1:${smtpPort}` },
    apiKey: API_KEY,
    endpoint: 'http://127.0.0.1:9',
    webhookSecret: `whsec_${KEY.toString('base64')}`,
  };
}

interface Told {
  readonly mail: Mail;
  readonly id: string;
  readonly kind: string;
}

export interface Callbacks {
  events(): number;
  /** Events that somebody said yes to. */
  acknowledged(): number;
  /** Callbacks in all, whatever was said to them. */
  told(): number;
  isDone(): boolean;
  /** Tells all, with so many callbacks at once. Rejects once the signal aborts. */
  tellAll(atOnce: number, signal: AbortSignal): Promise<void>;
  /** Kinds of the events that somebody said yes to, and that the history of the message must have. */
  expected(mail: Mail): readonly string[];
}

function idOf({ number }: Mail, at: number): string {
  return `msg_${number}_${at}`;
}

export function createCallbacks(
  mails: readonly Mail[],
  { port, random, perMail }: { port: number; random: Random; perMail: number },
): Callbacks {
  const waiting: Told[] = mails.flatMap((mail) =>
    kindsOf(mail, perMail).map((kind, at) => ({ mail, kind, id: idOf(mail, at) })),
  );
  shuffle(waiting, random);
  const events = waiting.length;
  const done = new Set<string>();
  let [told, isDone] = [0, false];

  async function tell(one: Told): Promise<void> {
    told += 1;
    const yes = await fetch(`http://127.0.0.1:${port}/hooks/${PROVIDER}`, {
      method: 'POST',
      ...signed(one),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status === 200;
      },
      () => false,
    );
    if (!yes) await pause(REST_MS);
    else done.add(one.id);
    if (!yes || random.between(1, AGAIN_ONE_IN) === 1) waiting.push(one);
  }

  return {
    events: () => events,
    acknowledged: () => done.size,
    told: () => told,
    isDone: () => isDone,
    async tellAll(atOnce, signal) {
      const one = async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          signal.throwIfAborted();
          await tell(next);
        }
      };
      try {
        // What another was refused comes back to the list after one here found it empty.
        while (waiting.length > 0) await Promise.all(Array.from({ length: atOnce }, one));
      } finally {
        isDone = true;
      }
    },
    expected: (mail) => kindsOf(mail, perMail).filter((_, at) => done.has(idOf(mail, at))),
  };
}

function signed({ id, kind, mail }: Told): { readonly headers: Record<string, string>; readonly body: string } {
  const bounce = { type: 'Permanent', subType: 'General', message: 'no', diagnosticCode: ['smtp; 550 5.1.1 unknown'] };
  const body = JSON.stringify({
    ...{ type: `email.${kind}`, created_at: '2026-11-30T12:00:00.000Z' },
    data: {
      ...{ email_id: mail.messageId, to: [mail.address], tags: { iep_message: mail.messageId } },
      ...(kind === 'bounced' && { bounce }),
    },
  });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: {
      ...{ 'content-type': 'application/json', 'svix-id': id },
      ...{ 'svix-timestamp': timestamp, 'svix-signature': `v1,${signature}` },
    },
  };
}

function shuffle<T>(items: T[], random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last);
    const [one, two] = [items[last], items[other]];
    if (one !== undefined && two !== undefined) [items[last], items[other]] = [two, one];
  }
}
