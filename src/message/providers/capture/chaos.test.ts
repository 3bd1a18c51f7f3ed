import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { parcelFor } from '../provider.suite.ts';
import { chaosActs, chaosFor, chaosRule, defaultChaos } from './chaos.ts';
import { createCaptureProvider } from './send.ts';

const rule = (input: object) => chaosRule.parse(input);
const rules = [
  rule({ to: 'Refuse@', do: 'refuse' }),
  rule({ to: 'one@example.com', do: 'defer' }),
  rule({ to: '@slow.example', do: 'delay', seconds: 60 }),
  rule({ to: 'throttle@', do: 'throttle' }),
  rule({ to: 'drop@', do: 'drop' }),
  rule({ do: 'refuse', percent: 10 }),
];

describe('a rule', () => {
  it('is about an address, a domain, a name in any domain, or everybody now and then', () => {
    const act = (address: string, random = 0.5) => chaosFor(rules, address, () => random)?.do;
    expect(act('refuse@anywhere.example')).toBe('refuse');
    expect(act('ONE@example.com')).toBe('defer');
    expect(act('x@slow.example')).toBe('delay');
    expect(act('x@fast.example')).toBeUndefined();
    expect(act('x@fast.example', 0.09)).toBe('refuse');
    expect(act('notrefuse@x.example')).toBeUndefined();
  });
});

it('of `iep serve --dev --chaos` does what an address is called, and lets most mail pass', () => {
  const own = defaultChaos.map(rule);
  for (const act of chaosActs) expect(chaosFor(own, `${act}@example.org`, () => 0.99)?.do).toBe(act);
  expect(chaosFor(own, 'ada@example.org', () => 0.5)).toBeUndefined();
});

describe('a provider with chaos', () => {
  const make = () => {
    const clock = createManualClock();
    return { clock, provider: createCaptureProvider({ chaos: rules }, { clock, random: () => 0.5 }) };
  };
  const kinds = async (addresses: readonly string[]) => {
    const { outcomes, kept } = await make().provider.send(parcelFor(addresses), createStopping());
    return { kinds: [...outcomes.values()].map(({ kind }) => kind), isKept: kept !== undefined };
  };

  it('answers each recipient by its rule, and keeps what anybody got', async () => {
    expect(await kinds(['refuse@x.example', 'one@example.com', 'throttle@x.example', 'ok@x.example'])).toEqual({
      ...{ kinds: ['rejected', 'deferred', 'throttled', 'delivered'], isKept: true },
    });
    expect(await kinds(['refuse@x.example'])).toEqual({ kinds: ['rejected'], isKept: false });
    expect(await kinds(['drop@x.example'])).toEqual({ kinds: ['delivered'], isKept: false });
  });

  it('delays, and goes back where a stop begins meanwhile', async () => {
    const { clock, provider } = make();
    const slow = provider.send(parcelFor(['x@slow.example']), createStopping());
    let isDone = false;
    void slow.then(() => {
      isDone = true;
    });
    await clock.advance(59_000);
    expect(isDone).toBe(false);
    await clock.advance(1_000);
    expect((await slow).outcomes.get(1)?.kind).toBe('delivered');
    const stopping = createStopping();
    const stopped = provider.send(parcelFor(['x@slow.example']), stopping);
    stopping.begin();
    expect((await stopped).outcomes.get(1)).toMatchObject({ kind: 'unavailable', busy: true });
  });
});
