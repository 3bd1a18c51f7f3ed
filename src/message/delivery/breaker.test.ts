import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Breaker, type BreakerPolicy, closedBreaker, cooled, judge, mayPass, pass, recent } from './breaker.ts';

const policy: BreakerPolicy = { failureRate: 0.5, windowMs: 60_000, cooldownMs: 30_000, minimumAttempts: 4 };

/** Ends attempts one after the other: `+` succeeded, `-` failed, `.` said nothing. */
function ended(verdicts: string, from: Breaker = closedBreaker, at: (n: number) => number = () => 0): Breaker {
  let breaker = from;
  for (const [n, sign] of [...verdicts].entries()) {
    const { isProbe, breaker: next } = pass(breaker);
    const verdict = sign === '+' ? 'success' : sign === '-' ? 'failure' : 'none';
    breaker = judge(next, { verdict, isProbe, now: at(n), policy });
  }
  return breaker;
}

describe('closed', () => {
  it.each([
    ['+++-', 'closed'],
    ['++--', 'open'],
    ['----', 'open'],
    ['---', 'closed'],
    ['---....', 'closed'],
    ['+-+-', 'open'],
    ['+++++---', 'closed'],
  ])('after %s is %s', (verdicts, state) => {
    expect(ended(verdicts).state).toBe(state);
  });

  it('forgets what is older than its window', () => {
    const breaker = ended('---', closedBreaker, (n) => n * 1_000);
    expect(judge(breaker, { verdict: 'failure', isProbe: false, now: 70_000, policy }).state).toBe('closed');
    expect(judge(breaker, { verdict: 'failure', isProbe: false, now: 50_000, policy }).state).toBe('open');
  });

  it('keeps a bounded number of slices however many attempts there are', () => {
    const breaker = ended('+'.repeat(5_000), closedBreaker, (n) => n * 50);
    expect(breaker.state === 'closed' && breaker.slices.length).toBeLessThanOrEqual(11);
    expect(recent(breaker, 250_000, policy)?.attempts).toBeGreaterThan(1_000);
  });
});

describe('open', () => {
  const open = ended('----', closedBreaker, () => 1_000);

  it('lets nothing pass, and says until when', () => {
    expect(mayPass(open)).toBe(false);
    expect(open).toMatchObject({ since: 1_000, until: 31_000 });
  });

  it('is not moved by what was under way when it opened', () => {
    for (const verdict of ['success', 'failure', 'none'] as const) {
      expect(judge(open, { verdict, isProbe: false, now: 2_000, policy })).toBe(open);
    }
  });

  it('stays open where a check says no, and remembers since when', () => {
    expect(cooled(open, { found: { ok: false }, now: 31_000, policy })).toMatchObject({ since: 1_000, until: 61_000 });
  });
});

describe('half open', () => {
  const half = cooled(ended('----'), { found: { ok: true }, now: 30_000, policy });

  it('lets one single probe pass', () => {
    expect(mayPass(half)).toBe(true);
    const { breaker, isProbe } = pass(half);
    expect([isProbe, mayPass(breaker)]).toEqual([true, false]);
  });

  it.each([
    ['+', 'closed'],
    ['-', 'open'],
    ['.', 'half_open'],
  ])('after a probe %s is %s', (verdict, state) => {
    const next = ended(verdict, half, () => 40_000);
    expect(next.state).toBe(state);
    expect(mayPass(next)).toBe(state !== 'open');
  });

  it('is decided by the probe alone', () => {
    const probing = pass(half).breaker;
    expect(judge(probing, { verdict: 'failure', isProbe: false, now: 1, policy })).toBe(probing);
  });
});

describe('an account that is refused', () => {
  const message = { verdict: 'account', isProbe: false, now: 1_000, policy } as const;

  it('opens it at once, for longer each time, up to an hour', () => {
    let breaker = judge(ended('+++++'), message);
    const waits: number[] = [];
    for (let n = 0; n < 8 && breaker.state === 'open'; n += 1) {
      waits.push((breaker.until - (waits.length === 0 ? 1_000 : 5_000)) / 60_000);
      breaker = cooled(breaker, { found: { ok: false, account: true }, now: 5_000, policy });
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(breaker).toMatchObject({ state: 'open', since: 1_000 });
  });

  it('is remembered while it is tried with one message, and forgotten after a success', () => {
    const opened = judge(closedBreaker, message);
    const half = pass(cooled(opened, { found: { ok: true }, now: 2_000, policy })).breaker;
    const again = judge(half, { ...message, isProbe: true, now: 2_000 });
    expect(again).toMatchObject({ state: 'open', until: 122_000, account: { since: 1_000, times: 2 } });
    expect(judge(half, { ...message, verdict: 'success', isProbe: true })).toBe(closedBreaker);
    expect(judge(opened, message)).toBe(opened);
  });

  it('is told apart from a provider that cannot be reached just then', () => {
    const away = cooled(judge(closedBreaker, message), { found: { ok: false }, now: 2_000, policy });
    expect(away).toMatchObject({ state: 'open', until: 32_000, account: { times: 1 } });
    expect(cooled(ended('----'), { found: { ok: false, account: true }, now: 2_000, policy })).toHaveProperty(
      'account',
    );
  });
});

it('never lets more than one message pass between open and closed', () => {
  const step = fc.constantFrom('enter', 'success', 'failure', 'account', 'none', 'cooled', 'check failed');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let breaker: Breaker = closedBreaker;
      let now = 0;
      const inside: boolean[] = [];
      for (const one of steps) {
        now += 700;
        if (one === 'enter') {
          if (!mayPass(breaker)) continue;
          const passed = pass(breaker);
          breaker = passed.breaker;
          inside.push(passed.isProbe);
        } else if (one === 'cooled' || one === 'check failed') {
          breaker = cooled(breaker, { found: { ok: one === 'cooled' }, now, policy });
        } else {
          const isProbe = inside.shift();
          if (isProbe !== undefined) breaker = judge(breaker, { verdict: one, isProbe, now, policy });
        }
        expect(inside.filter(Boolean).length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
