import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { createInboxWait } from './inbox-wait.ts';

function begin() {
  const clock = createManualClock();
  let newest = '1';
  let hear: (() => void) | undefined;
  let looks = 0;
  const wait = createInboxWait({
    clock,
    store: {
      inbox: { newest: async () => newest },
      onChange(fn) {
        hear = () => fn({ own: true });
        return () => {
          hear = undefined;
        };
      },
    },
  });
  const items: string[] = [];
  const look = async () => {
    looks += 1;
    return { items: [...items] };
  };
  return {
    ...{ clock, items, looks: () => looks, isHearing: () => hear !== undefined },
    wait: (forMs: number, ...ends: AbortSignal[]) => wait.until({ tenantId: 't', forMs, look, ends }),
    change(isNew: boolean) {
      if (isNew) newest += '1';
      hear?.();
    },
  };
}

it('looks again when something came, and not when something else happened', async () => {
  const { wait, change, clock, items, looks } = begin();
  const found = wait(1_000);
  await expect.poll(looks).toBe(1);
  change(true);
  await clock.advance(50);
  await expect.poll(looks).toBe(2);
  change(false);
  await clock.advance(50);
  items.push('mail');
  change(true);
  await clock.advance(50);
  expect(await found).toEqual({ items: ['mail'] });
  expect(looks()).toBe(3);
});

it('ends with its time, or with its caller, and hears no more then', async () => {
  const { wait, clock, looks, isHearing } = begin();
  const late = wait(1_000);
  await expect.poll(looks).toBe(1);
  await clock.advance(1_000);
  expect(await late).toEqual({ items: [] });
  const caller = new AbortController();
  const left = wait(1_000, caller.signal);
  await expect.poll(looks).toBe(3);
  expect(isHearing()).toBe(true);
  caller.abort();
  expect(await left).toEqual({ items: [] });
  expect(isHearing()).toBe(false);
});
