import { describe, expect, it } from 'vitest';
import { nextTry } from './next-try.ts';
import type { Posted } from './post.ts';
import { jobFor } from './webhooks.testing.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const schedule = { scheduleSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400], jitter: 0 };

const next = (posted: Partial<Posted['attempt']>, more: { tries?: number; retryAfterMs?: number } = {}) => {
  const { tries = 0, ...rest } = more;
  const attempt = { startedAt: NOW - 50, durationMs: 50, request: {}, ...posted };
  const settlement = nextTry({
    job: jobFor({ tries }),
    posted: { attempt, refused: false, ...rest },
    schedule,
    now: NOW,
    random: () => 0.5,
  });
  const { dueAt, waitUntil } = settlement;
  return {
    ...settlement,
    waitS: dueAt === undefined ? undefined : (dueAt - NOW) / 1_000,
    aloneS: waitUntil === undefined ? undefined : (waitUntil - NOW) / 1_000,
  };
};

describe('what follows a post', () => {
  it.each([200, 201, 202, 204, 299])('%i is a success', (status) => {
    expect(next({ status })).toMatchObject({
      delivered: true,
      quick: true,
      waitS: undefined,
      lastAnswer: String(status),
    });
  });

  it('a success that took long is not quick', () => {
    expect(next({ status: 200, durationMs: 2_001 })).toMatchObject({ delivered: true, quick: false });
  });

  it.each([199, 300, 301, 302, 307, 400, 401, 404, 500, 503])('%i is tried again', (status) => {
    expect(next({ status })).toMatchObject({ delivered: false, quick: false, waitS: 5 });
  });

  it('no answer is tried again, and says why there was none', () => {
    expect(next({ error: 'the connection was refused' })).toMatchObject({
      waitS: 5,
      lastAnswer: 'the connection was refused',
    });
  });

  it('ten tries in all, over the schedule, then none', () => {
    const waits = Array.from({ length: 10 }, (_, tries) => next({ status: 500 }, { tries }).waitS);
    expect(waits).toEqual([...schedule.scheduleSeconds, undefined]);
  });

  it('410 turns the endpoint off, and nothing is tried again', () => {
    expect(next({ status: 410 })).toMatchObject({ offReason: 'it answered 410 Gone', waitS: undefined });
  });

  it('who asks for time gets it, for all that waits for it, and a day at most', () => {
    expect(next({ status: 429 }, { retryAfterMs: 90_000 })).toMatchObject({ waitS: 90, aloneS: 90 });
    expect(next({ status: 503 }, { retryAfterMs: 90_000, tries: 1 })).toMatchObject({ waitS: 300, aloneS: 90 });
    expect(next({ status: 503 }, { retryAfterMs: 999 * HOUR })).toMatchObject({ waitS: 86_400, aloneS: 86_400 });
    expect(next({ status: 503 })).toMatchObject({ waitS: 5, aloneS: undefined });
  });

  it('the delay is jittered', () => {
    const delays = [0, 0.999].map((random) => {
      const posted = { attempt: { startedAt: NOW, durationMs: 1, request: {}, status: 500 }, refused: false };
      const jittered = { ...schedule, jitter: 0.1 };
      return (
        (nextTry({ job: jobFor({}), posted, schedule: jittered, now: NOW, random: () => random }).dueAt ?? 0) - NOW
      );
    });
    expect(delays).toEqual([4_500, 5_499]);
  });
});
