/** Whether the links of a mail lead anywhere. Asked only when a person wants it: to open some links does something. */

import type { GuardedAnswer, GuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { MailLink } from './links.ts';

export interface CheckedLink extends MailLink {
  /** What was answered, where it was asked. */
  readonly status?: number;
  readonly state: 'good' | 'warn' | 'bad' | 'skipped';
  readonly detail: string;
}

/** Addresses of one mail that are asked, how many at once, and how long all of it takes. */
const MAX_ASKED = 50;
const AT_ONCE = 5;
const TIMEOUT_MS = 5_000;
const ALL_MS = 20_000;
const MAX_BYTES = 1_024;
/** Servers that know no HEAD. */
const NO_HEAD: ReadonlySet<number> = new Set([403, 404, 405, 501]);

export async function checkLinks(
  fetch: GuardedFetch,
  links: readonly MailLink[],
  gone: AbortSignal,
): Promise<readonly CheckedLink[]> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(ALL_MS)]);
  const checked: CheckedLink[] = links.map((link) => ({ ...link, state: 'skipped', detail: 'Not asked' }));
  const wanted = checked.flatMap(({ url }, at) => (/^https?:/i.test(url) ? [at] : [])).slice(0, MAX_ASKED);
  const next = async (): Promise<void> => {
    for (let at = wanted.shift(); at !== undefined && !signal.aborted; at = wanted.shift()) {
      const link = links[at];
      if (link !== undefined) checked[at] = { ...link, ...(await checkOne(fetch, link.url, signal)) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return checked;
}

async function checkOne(
  fetch: GuardedFetch,
  url: string,
  signal: AbortSignal,
): Promise<Omit<CheckedLink, keyof MailLink>> {
  const ask = (method: 'HEAD' | 'GET') => fetch(url, { method, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal });
  const head = await ask('HEAD');
  return judge(head.kind === 'answered' && NO_HEAD.has(head.status) ? await ask('GET') : head);
}

function judge(answer: GuardedAnswer): Omit<CheckedLink, keyof MailLink> {
  if (answer.kind !== 'answered') return { state: 'bad', detail: answer.reason };
  const { status, headers } = answer;
  if (status >= 400) return { status, state: 'bad', detail: `Answered with ${status}` };
  if (status < 300) return { status, state: 'good', detail: 'It is there' };
  return { status, state: 'warn', detail: `Leads on to ${(headers.location ?? '').slice(0, 300)}` };
}
