/** One post: what it sends, and what it makes of an answer. */

import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import type { GuardedAnswer, GuardedRequest } from '../base/net/guarded-fetch.ts';
import { createVault } from '../core/vault.ts';
import { createPost, secretContext } from './post.ts';
import { newSecret } from './signing.ts';

const vault = createVault([new Uint8Array(32).fill(7)]);
const sealed = () => vault.seal(newSecret(), secretContext('w1'));
const endpoint = { id: 'w1', url: 'https://hooks.example/in', secret: sealed() };

function setUp(answer: GuardedAnswer, takesMs = 0) {
  const clock = createManualClock();
  const requests: GuardedRequest[] = [];
  const fetch = async (_url: string, request: GuardedRequest) => {
    requests.push(request);
    await clock.advance(takesMs);
    return answer;
  };
  return { clock, requests, post: createPost({ fetch, vault, clock }, { timeoutMs: 10_000 }) };
}

const answered = (status: number, headers: Record<string, string> = {}): GuardedAnswer => ({
  ...{ kind: 'answered', status, headers, body: Buffer.from('no\0w'), truncated: false },
});

describe('Retry-After', () => {
  const at = (ms: number) => new Date(1_800_000_000_000 + ms).toUTCString();

  it.each([
    [429, '120', 120_000],
    [503, '120', 120_000],
    [503, at(60_000), 60_000],
    [503, at(-60_000), undefined],
    [503, '0', undefined],
    [503, 'soon', undefined],
    [500, '120', undefined],
    [200, '120', undefined],
  ])('of %i with %s is %s ms', async (status, value, waitMs) => {
    const { post } = setUp(answered(status, { 'retry-after': value }));
    const posted = await post({ endpoint, id: 'd1', body: '{}' });
    expect(posted.retryAfterMs).toBe(waitMs);
    expect(posted).toMatchObject({ refused: false, attempt: { status, answer: 'no\u{fffd}w' } });
  });

  it('that is not there asks for nothing', async () => {
    const { post } = setUp(answered(503));
    expect(await post({ endpoint, id: 'd1', body: '{}' })).not.toHaveProperty('retryAfterMs');
  });
});

describe('the signature', () => {
  it.each([
    [1, 2],
    [0, 1],
    [-1, 1],
  ])('of an old secret that holds %i ms longer makes them %i', async (leftMs, count) => {
    const { clock, post, requests } = setUp(answered(204));
    const previous = { secret: sealed(), until: clock.now() + leftMs };
    await post({ endpoint: { ...endpoint, previous }, id: 'd1', body: '{}' });
    expect(requests[0]?.headers?.['webhook-signature']?.split(' ')).toHaveLength(count);
  });

  it('cannot be made where the master key is gone: nothing is sent', async () => {
    const { post, requests } = setUp(answered(204));
    const other = createVault([new Uint8Array(32).fill(8)]).seal('x', secretContext('w1'));
    const posted = await post({ endpoint: { ...endpoint, secret: other }, id: 'd1', body: '{}' });
    expect(posted).toMatchObject({ refused: true, attempt: { error: expect.stringContaining('rotate it') } });
    expect(requests).toEqual([]);
  });
});

it('says how long it took, and that it was refused or had no answer', async () => {
  const request = { endpoint, id: 'd1', body: '{}' };
  const failed = await setUp({ kind: 'failed', reason: 'no answer' }, 1_500).post(request);
  expect(failed).toMatchObject({ refused: false, attempt: { error: 'no answer', durationMs: 1_500 } });
  const refused = await setUp({ kind: 'refused', reason: 'not there' }).post(request);
  expect(refused).toMatchObject({ refused: true, attempt: { error: 'not there' } });
  expect(refused.attempt).not.toHaveProperty('status');
});
