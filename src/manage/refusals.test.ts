import { expect, it, vi } from 'vitest';
import { heardLog } from '../../test/heard-log.ts';
import { createManualClock } from '../../test/manual-clock.ts';

import type { RefusedByLimit } from '../db/verbs/tallies.ts';
import { createRefusals } from './refusals.ts';

function begin() {
  const clock = createManualClock();
  const written: (readonly RefusedByLimit[])[] = [];
  const refuse = vi.fn(async ({ refused }: { refused: readonly RefusedByLimit[] }) => {
    written.push(refused);
  });
  return {
    clock,
    written,
    refuse,
    refusals: createRefusals({ store: { tallies: { refuse } }, clock, log: heardLog() }),
  };
}

it('writes what was refused together, once in a while', async () => {
  const { clock, written, refusals } = begin();
  for (let count = 0; count < 1_000; count += 1) refusals.count('acme', 'rateLimited');
  refusals.count('acme', 'tooLarge');
  refusals.count('globex', 'rateLimited');
  expect(written).toEqual([]);
  await clock.advance(5_000);
  expect(written).toEqual([
    [
      { tenantId: 'acme', limit: 'rateLimited', count: 1_000 },
      { tenantId: 'acme', limit: 'tooLarge', count: 1 },
      { tenantId: 'globex', limit: 'rateLimited', count: 1 },
    ],
  ]);
  await clock.advance(60_000);
  expect(written).toHaveLength(1);
});

it('keeps what could not be written', async () => {
  const { clock, written, refuse, refusals } = begin();
  refuse.mockRejectedValueOnce(new Error('disk'));
  refusals.count('acme', 'rateLimited');
  await clock.advance(5_000);
  expect(written).toEqual([]);
  refusals.count('acme', 'rateLimited');
  await clock.advance(5_000);
  expect(written).toEqual([[{ tenantId: 'acme', limit: 'rateLimited', count: 2 }]]);
});

it('writes at its end', async () => {
  const { written, refusals } = begin();
  refusals.count('acme', 'tooManyRecipients');
  await refusals.close();
  expect(written).toHaveLength(1);
});
