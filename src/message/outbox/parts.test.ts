/** One attempt in several steps: what is known of some recipients is written down before others are sent to. */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../../test/jobs.ts';
import { quiet } from '../../../test/manual-clock.ts';
import type { Parts, RawMessage } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import { ownHeadersBy } from '../delivery/own-headers.ts';
import type { Parcel, Provider } from '../providers/provider.ts';
import { createRender, type Render } from '../render/render.ts';
import { cleanUp, deferral, delivered, setUp, throttling, unavailable, unknown } from './outbox.testing.ts';

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

describe('a personal message', () => {
  const content: Parts = {
    ...{ kind: 'parts', text: 'Only for {{system.recipient}}', variables: {} },
  };
  const to = ['r0', 'r1', 'r2'].map((name) => ({ email: `${name}@example.com` }));
  const own = (n: number) => `r${n}@example.com: Only for r${n}@example.com`;
  /** Who was handed which copy. */
  const copies = (sent: readonly Parcel[]) =>
    sent.map(({ recipients, rendered }) => `${recipients.map(({ address }) => address)}: ${rendered?.text}`);
  const forOne = (position: number, outcome: Outcome) => (parcel: Parcel) =>
    parcel.recipients.some((one) => one.position === position) ? outcome : delivered;

  // What renders templates is loaded with the first of them, which takes longer than these tests wait.
  beforeAll(async () => {
    await createRender()(messageOf({ content }));
  });

  it('is handed over once a recipient, in one attempt: each copy is its own, id and To are those of all', async () => {
    const { accept, start, look, history, relay } = await setUp({ render: createRender() });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect(copies(relay.sent)).toEqual([own(0), own(1), own(2)]);
    for (const parcel of relay.sent) {
      expect(parcel).toMatchObject({ to, messageId: message.id, messageIdHeader: message.messageIdHeader });
    }
    const { status, attempts, attemptLog } = await look(message);
    expect([status, attempts, attemptLog.length]).toEqual(['sent', 1, 1]);
    expect(await history(message)).toBe('queued processing sent sent sent');
  });

  it('has an outcome for each: who is left is tried again with the same copy', async () => {
    let later: Outcome = deferral;
    const { accept, start, look, relay, clock } = await setUp({
      render: createRender(),
      relay: (parcel) => forOne(1, later)(parcel),
    });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'queued', 'sent']);
    later = delivered;
    await clock.advance(61_000);
    expect(copies(relay.sent)).toEqual([own(0), own(1), own(2), own(1)]);
    expect(await look(message)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  it('is told to nobody else once its provider takes nothing more', async () => {
    const { accept, start, look, relay } = await setUp({ render: createRender(), relay: forOne(1, throttling) });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect(copies(relay.sent)).toEqual([own(0), own(1)]);
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'queued', 'queued']);
  });

  it('reaches the others at the next try, where one of them is asked to wait each time', async () => {
    const { accept, start, look, relay, clock } = await setUp({ render: createRender(), relay: forOne(1, throttling) });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect(copies(relay.sent)).toEqual([own(0), own(1)]);
    await clock.advance(61_000);
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['sent', 'queued', 'sent']);
  });

  it('reaches the others by each provider of the route, where both ask to wait for one of them', async () => {
    const { accept, start, look, clock } = await setUp({
      render: createRender(),
      relay: () => unavailable,
      spare: forOne(0, throttling),
    });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    await clock.advance(61_000);
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['queued', 'sent', 'sent']);
  });

  it('reaches the others at the next attempt, where one of them is never answered', async () => {
    const { accept, start, look, relay, clock } = await setUp({
      render: createRender(),
      relay: forOne(0, unknown),
      spare: () => unavailable,
    });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect(copies(relay.sent)).toEqual([own(0)]);
    await clock.advance(61_000);
    expect(copies(relay.sent)).toEqual([own(0), own(1), own(2), own(0)]);
    expect((await look(message)).recipients.map(({ status }) => status)).toEqual(['queued', 'sent', 'sent']);
  });

  it('goes on with the others where the process died in between', async () => {
    const { accept, start, look, relay } = await setUp({
      render: createRender(),
      relay: ({ recipients }) => (recipients[0]?.position === 1 ? new Promise(() => undefined) : delivered),
    });
    const message = await accept({ content, to, recipients: 3 });
    await start('daemon 1/run 1');
    expect(copies(relay.sent)).toEqual([own(0), own(1)]);
    relay.send = async (parcel) => {
      relay.sent.push(parcel);
      return { outcomes: new Map(parcel.recipients.map(({ position }) => [position, delivered])) };
    };
    await start('daemon 1/run 2');
    expect(copies(relay.sent)).toEqual([own(0), own(1), own(1), own(2)]);
    expect((await look(message)).status).toBe('sent');
  });

  it('fails for those alone whose copy cannot be made', async () => {
    const render = createRender();
    const failing: Render = async (message, recipient) =>
      recipient?.address === 'r1@example.com' ? { ok: false, reason: 'line 1: no' } : render(message, recipient);
    const { accept, start, look, relay } = await setUp({ render: failing });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect(copies(relay.sent)).toEqual([own(0), own(2)]);
    expect((await look(message)).recipients).toMatchObject([
      { status: 'sent' },
      { status: 'failed', reply: 'the content could not be rendered: line 1: no' },
      { status: 'sent' },
    ]);
  });

  it('has links of its own for each recipient where its reading is noted, also for a single one', async () => {
    const render = createRender(undefined, undefined, {
      tracker: {
        copyOf: async ({ id }, position) => ({
          ...{ base: 'https://mail.example', key: new Uint8Array(32), messageId: id, position },
          ...{ opens: true, clicks: true, kept: [] },
        }),
        readBytes: async (content) => ('bytes' in content ? content.bytes : new Uint8Array()),
      },
    });
    const { accept, start, relay } = await setUp({ render });
    const tracking = { opens: true, clicks: true, anonymous: false };
    const html = '<body><a href="https://example.com/">x</a></body>';
    // What reads HTML is loaded with the first that needs it.
    await render(messageOf({ content: { kind: 'parts', html }, tracking }), { address: 'a@x.example', position: 0 });
    await accept({ content: { kind: 'parts', html }, tracking, recipients: 2 });
    await accept({ content: { kind: 'parts', html }, tracking });
    await accept({ content: { kind: 'parts', text: 'no HTML' }, tracking, recipients: 2 });
    await start();
    const own = relay.sent.filter(({ rendered }) => rendered?.html !== undefined);
    expect(own.map(({ recipients }) => recipients.length)).toEqual([1, 1, 1]);
    expect(new Set(own.map(({ rendered }) => rendered?.html)).size).toBe(3);
    for (const { rendered } of own) {
      expect(rendered?.html).toContain('src="https://mail.example/t/o/');
      expect(rendered?.html).not.toContain('href="https://example.com/"');
      expect(rendered?.text).toBe('x (https://example.com/)');
    }
    // Nothing of it can be noted, and one copy will do for all.
    expect(relay.sent.filter((parcel) => !own.includes(parcel)).map(({ recipients }) => recipients.length)).toEqual([
      2,
    ]);
  });

  it('that came whole has links of its own for each recipient, where it is neither signed nor encrypted', async () => {
    const render = createRender(undefined, undefined, {
      tracker: {
        copyOf: async ({ id }, position) => ({
          ...{ base: 'https://mail.example', key: new Uint8Array(32), messageId: id, position },
          ...{ opens: true, clicks: true, kept: [] },
        }),
        readBytes: async (content) => ('bytes' in content ? content.bytes : new Uint8Array()),
      },
    });
    const whole = (header: string): RawMessage => {
      const bytes = Buffer.from(`${header}Content-Type: text/html\r\n\r\n<a href="https://example.com/">x</a>\r\n`);
      return { kind: 'raw', raw: { bytes, size: bytes.length }, utf8Header: false };
    };
    const tracking = { opens: true, clicks: false, anonymous: false };
    await render(messageOf({ content: whole(''), tracking }), { address: 'a@x.example', position: 0 });
    const { accept, start, relay } = await setUp({ render });
    const texts: string[] = [];
    relay.send = async ({ recipients, mime, size }) => {
      const bytes = Buffer.from((await mime()) as Uint8Array);
      expect(size).toBe(bytes.length);
      texts.push(...recipients.map(() => bytes.toString()));
      return { outcomes: new Map(recipients.map(({ position }) => [position, delivered])) };
    };
    await accept({ content: whole(''), tracking, recipients: 2 });
    await accept({ content: whole('DKIM-Signature: v=1\r\n'), tracking, recipients: 2 });
    await start();
    const [plain, signed] = [
      texts.filter((text) => !text.startsWith('DKIM')),
      texts.filter((text) => text.startsWith('DKIM')),
    ];
    expect(new Set(plain).size).toBe(2);
    for (const text of plain) expect(text.replaceAll('=\r\n', '')).toContain('https://mail.example/t/o/');
    expect(signed).toHaveLength(2);
    for (const text of signed) expect(text).not.toContain('/t/');
  });

  it('is sent to nobody else, by no provider, once the lease was lost', async () => {
    const { accept, start, relay, spare, look } = await setUp({
      render: createRender(),
      faulty: () => ({ settlePart: async () => false }),
    });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    expect([copies(relay.sent), spare.sent]).toEqual([[own(0)], []]);
    expect((await look(message)).status).toBe('queued');
  });

  it('stops in the middle of its lease, and goes on at once with a new one', async () => {
    let answer: (outcome: Outcome) => void = () => undefined;
    const { accept, start, look, relay, clock } = await setUp({
      render: createRender(),
      relay: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const message = await accept({ content, to, recipients: 3 });
    await start();
    const early: number[] = [];
    for (const _ of to) {
      await clock.advance(200_000);
      early.push((await look(message)).attempts);
      answer(delivered);
      await quiet();
    }
    await quiet();
    expect(copies(relay.sent)).toEqual([own(0), own(1), own(2)]);
    const { status, attempts } = await look(message);
    expect([early, status, attempts]).toEqual([[0, 0, 1], 'sent', 2]);
  });

  it('has the link of each recipient in its header, where what it is can be turned off', async () => {
    const { accept, start, relay } = await setUp({
      ownHeadersOf: ownHeadersBy({
        of: ({ unsubscribe }) =>
          unsubscribe &&
          Promise.resolve(({ address }) => ({
            unsubscribeUrl: `https://x.example/u/${address}`,
            unsubscribeAddress: 'u@x.example',
          })),
      }),
    });
    const one = { kind: 'parts', text: 't', headers: [['X-A', 'b']] } as const;
    await accept({ content: one, to, recipients: 3 });
    await accept({ content: one, to, recipients: 2, unsubscribe: { category: 'news' } });
    await start();
    const linkOf = (name: string) => [
      ['X-A', 'b'],
      ['List-Unsubscribe', `<https://x.example/u/${name}@example.com>, <mailto:u@x.example?subject=unsubscribe>`],
      ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ];
    expect(relay.sent.map(({ recipients, headers }) => [recipients.length, headers])).toEqual([
      [3, [['X-A', 'b']]],
      [1, linkOf('r0')],
      [1, linkOf('r1')],
    ]);
  });

  it('to one recipient is rendered once', async () => {
    let renderings = 0;
    const render = createRender();
    const counting: Render = (message, recipient) => {
      renderings += 1;
      return render(message, recipient);
    };
    const { accept, start, relay } = await setUp({ render: counting });
    await accept({ content, to: to.slice(0, 1) });
    await start();
    expect([copies(relay.sent), renderings]).toEqual([[own(0)], 1]);
  });
});
