/**
 * Notifications asked for over HTTP, one by one and as many a request as there may be, for subscribers of whom each has preferences: a
 * third has them at once, a third has them gathered for the day, a third has quiet hours and the digest of the type. IEP alone.
 */

import { join } from 'node:path';
import { createIepHome } from '../iep.ts';
import { type Call, callOf } from './call.ts';
import type { HttpLoad, HttpLoadResult } from './http-load.ts';
import { medianOf, TENANT } from './parts.ts';
import type { Own } from './vendors.ts';

export interface NotifyFigures {
  readonly oneByOnePerSecond: number;
  readonly togetherPerSecond: number;
}

export const NOTIFIED = 10_000;
/** Recipients that a request may have. */
export const TOGETHER = 50;
const CONNECTIONS = 50;
const IMPORTED = 1_000;
const AT_ONCE = 50;

/** Mail waits meanwhile, so that decisions alone are measured. */
export async function notifyRate(
  { workspace, executable, say }: Own,
  { rounds }: { rounds: number },
): Promise<NotifyFigures> {
  const home = await createIepHome(workspace, executable, {
    sinks: { none: 9 },
    tenants: { [TENANT]: 'none' },
    settings: { defaultFrom: { email: 'noreply@example.com' } },
  });
  const daemon = await home.serve();
  try {
    await home.cli('queue', 'pause');
    const { key } = (await home.cli('key', 'add', '--tenant', TENANT, '--scopes', 'send,read,admin')) as {
      key: string;
    };
    const call = callOf(home, key);
    await addSubscribers(call);
    say(`notify: ${NOTIFIED} subscribers have preferences`);
    /** Of a type of its own, whose digests are all yet to begin. */
    const decidedPerSecond = async (type: string, batch: number) => {
      const spec = { name: type, category: 'news', digest: { every: 'hourly' } };
      await call('POST', '/v1/notification-types', { body: JSON.stringify(spec) });
      const requests = NOTIFIED / batch;
      const load: HttpLoad = {
        port: home.httpPort,
        key,
        connections: Math.min(CONNECTIONS, requests),
        requests,
        batch,
        type,
      };
      const file = join(import.meta.dirname, 'http-load.ts');
      const { stdout } = await workspace.run(process.execPath, [file, JSON.stringify(load)]);
      return NOTIFIED / (JSON.parse(stdout) as HttpLoadResult).seconds;
    };
    await decidedPerSecond('warm-up', TOGETHER);
    const figures: NotifyFigures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      figures.push({
        oneByOnePerSecond: await decidedPerSecond(`one-${round}`, 1),
        togetherPerSecond: await decidedPerSecond(`together-${round}`, TOGETHER),
      });
      say(`notify: round ${round} of ${rounds}`);
    }
    return medianOf(figures);
  } finally {
    await daemon.stop();
    home.remove();
  }
}

async function addSubscribers(call: Call): Promise<void> {
  const ids = Array.from({ length: NOTIFIED }, (_, number) => `s${number}`);
  for (let first = 0; first < NOTIFIED; first += IMPORTED) {
    const some = ids.slice(first, first + IMPORTED).map((id) => ({ id, email: `${id}@example.net` }));
    await call('POST', '/v1/subscribers/import', { body: JSON.stringify(some) });
  }
  let next = 0;
  const setSome = async () => {
    while (next < NOTIFIED) {
      const number = next++;
      const body = JSON.stringify(preferencesOf(number));
      await call('PUT', `/v1/subscribers/${ids[number]}/preferences`, { body });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, setSome));
}

function preferencesOf(number: number): object {
  if (number % 3 === 0) return { categories: { news: { frequency: 'immediate' } } };
  if (number % 3 === 1) return { categories: { news: { frequency: 'daily' } } };
  return { quietHours: { enabled: true, start: '22:00', end: '07:00', timezone: 'Europe/Berlin' } };
}
