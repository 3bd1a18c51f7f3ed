/** One attempt in several steps: what is known of some recipients is written down before others are sent to. */

import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../../../test/manual-clock.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Provider } from '../providers/provider.ts';
import { cleanUp, delivered, setUp, unavailable } from './outbox.testing.ts';

afterEach(cleanUp);

describe('a message that goes in several requests', () => {
  const inRequests = (relay: Provider, halt: () => Promise<void>) => {
    relay.send = async ({ recipients }, _stop, between) => {
      const outcomes = new Map<number, Outcome>();
      for (const { position } of recipients) {
        outcomes.set(position, delivered);
        if (position === 1) await halt();
        if (!(await between?.({ outcomes: new Map([[position, delivered]]) }))) break;
      }
      for (const { position } of recipients) if (!outcomes.has(position)) outcomes.set(position, unavailable);
      return { outcomes };
    };
  };

  it('is settled request by request, and the end says no more of those who have it', async () => {
    const { accept, start, look, history, relay } = await setUp();
    const midway = Promise.withResolvers<void>();
    inRequests(relay, () => midway.promise);
    const message = await accept({ recipients: 3 });
    await start();
    const early = await look(message);
    expect([early.status, early.recipients.map(({ status }) => status)]).toEqual([
      ...['processing', ['sent', 'processing', 'processing']],
    ]);
    midway.resolve();
    await quiet();
    const { status, attempts, attemptLog } = await look(message);
    expect([status, attempts, attemptLog.length]).toEqual(['sent', 1, 1]);
    expect(await history(message)).toBe('queued processing sent sent sent');
  });

  it('goes on with the others where the process died in between', async () => {
    const { accept, start, look, relay, history } = await setUp();
    inRequests(relay, () => new Promise(() => undefined));
    const message = await accept({ recipients: 3 });
    await start('daemon 1/run 1');
    const asked: number[] = [];
    relay.send = async ({ recipients }) => {
      asked.push(...recipients.map(({ position }) => position));
      return { outcomes: new Map(recipients.map(({ position }) => [position, delivered])) };
    };
    await start('daemon 1/run 2');
    expect(asked).toEqual([1, 2]);
    expect((await look(message)).status).toBe('sent');
    expect(await history(message)).toBe('queued processing sent processing sent sent');
  });

  it('keeps what is known where the rest meets a fault', async () => {
    const { accept, start, look, relay } = await setUp();
    inRequests(relay, async () => {
      throw new Error('poison');
    });
    const message = await accept({ recipients: 3 });
    await start();
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'queued', 'queued']);
  });
});
