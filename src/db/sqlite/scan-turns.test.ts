/** How one thread is shared: by hand-made scans whose pieces take as long as the test says. */

import { expect, it } from 'vitest';
import type { VerbResult } from './engine.ts';
import { createScanTurns } from './scan-turns.ts';
import type { Pieces } from './verb.ts';

/** A piece takes longer than a turn. */
const PIECE_MS = 10;

function setUp() {
  let now = 0;
  const queue: (() => void)[] = [];
  const trace: string[] = [];
  const answers = new Map<number, VerbResult>();
  const turns = createScanTurns({
    answer: (id, answer) => answers.set(id, answer),
    later: (next) => queue.push(next),
    now: () => now,
  });
  let lastId = 0;
  function ask(tenant: string, name: string, pieces: number): number {
    lastId += 1;
    function* begin(): Pieces<string> {
      for (let piece = 1; piece <= pieces; piece++) {
        now += PIECE_MS;
        trace.push(name);
        if (piece < pieces) yield;
      }
      return name;
    }
    turns.add({ id: lastId, tenant, begin });
    return lastId;
  }
  /** Goes on until nothing is left, or for so many turns. */
  function go(most = Number.POSITIVE_INFINITY): void {
    for (let turn = 0; turn < most; turn++) {
      const next = queue.shift();
      if (next === undefined) return;
      next();
    }
  }
  return { turns, ask, go, trace, answers };
}

it('gives tenants their turns, however many scans one of them has', () => {
  const { ask, go, trace } = setUp();
  for (const name of ['a1', 'a2', 'a3', 'a4']) ask('acme', name, 100);
  go(3);
  ask('globex', 'b', 3);
  trace.length = 0;
  go(6);
  expect(trace.filter((name) => name === 'b')).toHaveLength(3);
});

it('has one long scan of a tenant under way, and the others wait for it', () => {
  const { ask, go, trace, answers } = setUp();
  const first = ask('acme', 'first', 5);
  const second = ask('acme', 'second', 5);
  go();
  // Each is looked at once; from then on they go on one after the other.
  expect(trace.join(' ')).toBe('first second first first first first second second second second');
  expect([answers.get(first), answers.get(second)]).toEqual([
    { ok: true, value: 'first' },
    { ok: true, value: 'second' },
  ]);
});

it('answers a short question of the same tenant while its long scan goes on', () => {
  const { ask, go, answers } = setUp();
  const long = ask('acme', 'long', 1_000);
  go(10);
  const short = ask('acme', 'short', 1);
  go(1);
  expect(answers.has(short)).toBe(true);
  expect(answers.has(long)).toBe(false);
});

it('drops what nobody waits for any more, begun or not', () => {
  const { turns, ask, go, trace, answers } = setUp();
  const begun = ask('acme', 'begun', 1_000);
  go(3);
  const unasked = ask('acme', 'unasked', 1);
  turns.drop(begun);
  turns.drop(unasked);
  trace.length = 0;
  go();
  expect(trace).toEqual([]);
  expect(answers.size).toBe(0);
});

it('answers what a scan throws, and goes on with the others', () => {
  const { turns, ask, go, answers } = setUp();
  const fault = new Error('no such tenant');
  turns.add({
    id: 99,
    tenant: 'acme',
    begin: () => {
      throw fault;
    },
  });
  const other = ask('acme', 'other', 2);
  go();
  expect(answers.get(99)).toEqual({ ok: false, error: fault });
  expect(answers.get(other)).toEqual({ ok: true, value: 'other' });
});
