/** How the providers of a running daemon are doing, and whether what their vendors tell gets in, as the daemon says to its operator. */

import { rfc3339 } from '../../core/rfc3339.ts';
import { type Finding, ok, warning } from './finding.ts';

/** A part of what `GET /v1/admin/providers` answers. */
export interface LiveProvider {
  readonly name: string;
  readonly source: string;
  readonly callbacks: {
    readonly ready: boolean;
    readonly setting: string;
    readonly takenAt: string | null;
    readonly refused: { readonly at: string; readonly reason: string; readonly detail: string } | null;
    readonly queue: { readonly where: string; readonly problem: string | null } | null;
  } | null;
  readonly state: {
    readonly paused: boolean;
    readonly breaker: { readonly state: string; readonly retryAt: string | null };
    readonly throttledUntil: string | null;
    readonly health: { readonly ok: boolean; readonly detail: string } | null;
  } | null;
}

/** Undefined where the text is not what that call answers. */
export function readLiveProviders(text: string): readonly LiveProvider[] | undefined {
  try {
    const { items } = JSON.parse(text) as { items?: unknown };
    return Array.isArray(items) ? (items as readonly LiveProvider[]) : undefined;
  } catch {
    return undefined;
  }
}

export function* checkLiveProviders(providers: readonly LiveProvider[]): Generator<Finding> {
  const left = providers.flatMap((one) => [...standing(one)]);
  yield* left;
  if (left.length === 0) yield ok('breakers', 'none open');
  for (const one of providers) yield* callbacks(one);
}

function* standing({ name, state }: LiveProvider): Generator<Finding> {
  if (state === null) return;
  const { paused, breaker, throttledUntil, health } = state;
  if (paused)
    yield warning(`provider ${name}`, 'paused: its mail waits or goes another way', `iep provider resume ${name}`);
  if (breaker.state === 'open') {
    const until = breaker.retryAt === null ? '' : ` until ${toTheSecond(breaker.retryAt)}`;
    const why = health === null || health.ok ? '' : `. Its last word: ${health.detail.replace(/\.$/, '')}`;
    yield warning(
      `breaker of ${name}`,
      `open${until}: its mail waits or goes another way${why}`,
      `When that is put right: iep provider test ${name}, then iep queue flush`,
    );
  } else if (throttledUntil !== null) {
    yield warning(
      `pace of ${name}`,
      `it asked for a slower pace and is left alone until ${toTheSecond(throttledUntil)}`,
      `Lower maxPerSecond or maxConnections of ${name} where that happens often.`,
    );
  }
}

function* callbacks({ name, source, callbacks: told }: LiveProvider): Generator<Finding> {
  if (told === null) return;
  const { ready, setting, takenAt, refused, queue } = told;
  if (queue !== null && queue.problem !== null) {
    yield warning(
      `queue of ${name}`,
      `events cannot be read from ${queue.where}: ${queue.problem}`,
      'Correct events.sqsQueueUrl, or what the credentials permit.',
    );
  }
  if (!ready && queue === null) {
    const where = source === 'config' ? `under providers.${name}` : `with iep provider set ${name}`;
    yield warning(
      `callbacks of ${name}`,
      'not set up: nobody tells of bounces and complaints',
      `Set ${setting} ${where}; docs/providers.md says where the vendor shows it, and where the URL of callbacks goes.`,
    );
  } else if (refused !== null && refused.reason !== TWICE && (takenAt === null || takenAt < refused.at)) {
    yield warning(
      `callbacks of ${name}`,
      `the last one was refused at ${toTheSecond(refused.at)}: ${refused.detail}`,
      adviceOn(refused.reason, setting),
    );
  }
}

/** A callback that is posted a second time: the first one counted. */
const TWICE = 'used_token';

/** As the table of docs/feedback.md has it. */
function adviceOn(reason: string, setting: string): string {
  if (reason === 'no_proof') return 'Turn signatures on at the vendor, or give it the login with the URL.';
  if (reason === 'too_old')
    return 'Set the clock of this machine; after an outage of the daemon nothing is to be done.';
  if (reason === 'other_topic') return 'Add the topic to events.topicArns, or end its subscription to this URL.';
  return `Compare ${setting} with what the vendor shows.`;
}

function toTheSecond(time: string): string {
  return rfc3339(Math.floor(Date.parse(time) / 1_000) * 1_000).replace('.000', '');
}
