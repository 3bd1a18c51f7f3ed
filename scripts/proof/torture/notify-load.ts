/** Clients that ask for notifications and raise alarms, each again until the daemon has said yes: the same key, the same notification. */

import { setTimeout as pause } from 'node:timers/promises';
import { ALARM, type Api, kinds, recipientOf } from './notify-tenant.ts';

export interface NotifyLoad {
  /** Tokens that were said yes to. */
  readonly accepted: ReadonlySet<string>;
  /** Tokens of alarms that were acknowledged before the next step was due; they are told to nobody else. */
  readonly acknowledged: ReadonlySet<string>;
  /** Why deliveries were held, as the answers said. */
  readonly held: ReadonlySet<string>;
  counts(): { readonly refused: number; readonly unanswered: number; readonly hung: number };
  /** Asks for no more; resolves when all that were begun are said yes to. */
  stop(): Promise<void>;
}

const CLIENTS = 4;
const REST_MS = 100;
const AGAIN_MS = 50;
/** One in so many is an alarm, of which every other one is acknowledged. */
const ALARM_ONE_IN = 15;
/** Long before the next step. */
const SOON_MS = 40_000;

export function startNotifyLoad(api: Api): NotifyLoad {
  const accepted = new Set<string>();
  const acknowledged = new Set<string>();
  const held = new Set<string>();
  let [serial, refused, unanswered, hung] = [0, 0, 0, 0];
  let isOver = false;

  /** Until it is said yes to. */
  async function insist(method: string, path: string, body?: unknown): Promise<unknown> {
    for (;;) {
      try {
        const { status, json } = await api.call(method, path, body);
        if (status < 300) return json;
        refused += 1;
        if (status < 500 && status !== 429)
          throw new Refused(`${method} ${path} came to ${status}: ${JSON.stringify(json)}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (error instanceof Error && error.name === 'TimeoutError') hung += 1;
        else unanswered += 1;
      }
      await pause(AGAIN_MS);
    }
  }

  async function raise(token: string, isSeen: boolean): Promise<void> {
    const began = performance.now();
    await insist('POST', '/v1/events', { type: 'alarm.raised', id: token, data: { subject: token } });
    accepted.add(token);
    if (!isSeen) return;
    const { items } = (await insist('GET', `/v1/notifications?type=${ALARM}&q=${token}`)) as Listed;
    for (const { notificationId } of items) await insist('POST', `/v1/notifications/${notificationId}/acknowledge`);
    if (performance.now() - began < SOON_MS) acknowledged.add(token);
  }

  async function notify(token: string, number: number): Promise<void> {
    const type = kinds[number % kinds.length] ?? 'now';
    const subscriber = recipientOf(type, Math.floor(number / kinds.length));
    const data = { subject: token, job: subscriber };
    const request = { type, to: [{ subscriber }], data, idempotencyKey: token };
    const { deliveries } = (await insist('POST', '/v1/notifications', request)) as Answer;
    for (const { status, reason } of deliveries) if (status === 'held') held.add(`${reason}`);
    accepted.add(token);
  }

  async function client(): Promise<void> {
    while (!isOver) {
      serial += 1;
      const number = serial;
      const token = tokenOf(number);
      if (number % ALARM_ONE_IN === 0) await raise(token, number % (2 * ALARM_ONE_IN) === 0);
      else await notify(token, number);
      await pause(REST_MS);
    }
  }

  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  // It is looked at when the load is stopped.
  clients.catch(() => undefined);
  return {
    ...{ accepted, acknowledged, held, counts: () => ({ refused, unanswered, hung }) },
    async stop() {
      isOver = true;
      await clients;
    },
  };
}

class Refused extends Error {}

interface Answer {
  readonly deliveries: readonly { readonly status: string; readonly reason?: string }[];
}

interface Listed {
  readonly items: readonly { readonly notificationId: string }[];
}

function tokenOf(number: number): string {
  return `token-${number.toString().padStart(7, '0')}`;
}

/** Those in a mail or a post, each once. */
export function tokensIn(text: string): readonly string[] {
  return [...new Set(text.match(/token-\d{7}/g) ?? [])];
}
