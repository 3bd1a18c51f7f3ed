/** A tenant whose notifications go and wait in all ways: kinds of them, who is told, and the calls that make them so. */

import type { IepHome } from '../iep.ts';

/** Each is a notification type. */
export const kinds = ['now', 'digest', 'grouped', 'limited', 'quiet'] as const;
export const ALARM = 'alarm';
export const FIRST = 'first';
export const LEAD = 'lead';
/** So many that no window holds more than the 20 that a plain digest lists. */
const SUBSCRIBERS = 40;
const MINUTE_MS = 60_000;

export interface Api {
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly json: unknown }>;
}

/** `patienceMs`: the longest that an answer may take. */
export function createApi(home: IepHome, { key, patienceMs }: { key: string; patienceMs: number }): Api {
  return {
    async call(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${home.httpPort}${path}`, {
        ...{ method, headers: { 'content-type': 'application/json', 'x-api-key': key } },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await response.text();
      return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

/** Those of the kind `quiet` have quiet hours, which end soon. */
export function recipientOf(kind: string, number: number): string {
  return `${kind === 'quiet' ? 'quiet' : 'sub'}-${number % SUBSCRIBERS}`;
}

/** `quietMinutes`: until the quiet hours end, at least. */
export async function prepareTenant(api: Api, { hook, quietMinutes }: { hook: string; quietMinutes: number }) {
  const must = async (method: string, path: string, body: unknown) => {
    const { status, json } = await api.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} came to ${status}: ${JSON.stringify(json)}`);
  };
  const both = { channels: ['email', 'webhook'] };
  const types = {
    now: {},
    digest: { digest: { every: { minutes: 1 } } },
    grouped: { group: { by: 'data.job', windowMinutes: 1 } },
    limited: { rateLimit: { count: 2, windowMinutes: 1 } },
    quiet: {},
    [ALARM]: {},
  };
  for (const [name, more] of Object.entries(types)) {
    await must('POST', '/v1/notification-types', { name, category: name, ...both, ...more });
  }
  const subscriber = (id: string) =>
    must('POST', '/v1/subscribers', {
      ...{ id, email: `${id}@example.net`, channels: { webhook: { url: `${hook}/${id}` } } },
    });
  const end = clockOf(Date.now() + (quietMinutes + 1) * MINUTE_MS);
  const quietHours = { enabled: true, start: clockOf(Date.now() - 60 * MINUTE_MS), end, timezone: 'UTC' };
  for (let number = 0; number < SUBSCRIBERS; number += 1) {
    await subscriber(recipientOf('now', number));
    const quiet = recipientOf('quiet', number);
    await subscriber(quiet);
    await must('PUT', `/v1/subscribers/${quiet}/preferences`, { quietHours });
  }
  // Somebody wants no posts.
  const global = { enabled: true, channels: { webhook: false } };
  await must('PUT', `/v1/subscribers/${recipientOf('now', 0)}/preferences`, { global });
  for (const id of [FIRST, LEAD]) await subscriber(id);
  await must('POST', '/v1/escalation-policies', {
    name: 'on-call',
    steps: [
      { afterMinutes: 0, to: [{ subscriber: FIRST }] },
      { afterMinutes: 1, to: [{ subscriber: LEAD }] },
    ],
    repeat: 0,
  });
  await must('POST', '/v1/rules', { name: 'alarms', on: 'alarm.raised', type: ALARM, escalation: 'on-call' });
}

function clockOf(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}
