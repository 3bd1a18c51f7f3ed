/**
 * The provider `smtp`: hands messages to a relay over connections that it keeps. One message is one transaction, or several
 * where it has more recipients than the relay takes at once; each recipient gets the outcome of its own RCPT, or that of its
 * transaction.
 */

import { wireAddress } from '../../../core/address.ts';
import { isAscii } from '../../../core/fold.ts';
import { isOfAccount, type Outcome, type Refused } from '../../../core/outcome.ts';
import type { Stop } from '../../../core/stop.ts';
import { createTokenKeeper } from '../oauth2/token-keeper.ts';
import type { Carrier, Parcel, SendResult } from '../provider.ts';
import { plainReply } from '../reply.ts';
import type { TypeDeps } from '../type.ts';
import type { Opening, OpeningDeps, ProviderConnection, ProviderEnvelope, Sent } from './connection.ts';
import { recipientOutcomes } from './outcomes.ts';
import { createPool } from './pool.ts';
import { smtpQueue } from './queue.ts';
import { type SmtpConfig, type SmtpSettings, smtpSettings } from './settings.ts';
import { advice, isFault, isTurnedAway, openingOutcome, type SmtpError } from './smtp-error.ts';
import { createRecipientLimit, inTransactions } from './transactions.ts';

/** A message is given at least the time it takes at this speed, besides the waiting for answers. */
const SLOWEST_BYTES_PER_SECOND = 16 * 1024;

/** How long a kept connection may take to answer a check. */
const KEPT_ANSWER_MS = 5_000;

/** One call of `send`: what must be broken off when its time is up. */
interface Sending {
  readonly stop: Stop;
  /** Why it is being broken off. */
  cut?: string;
  target?: { abort(why: string): void };
  /** The message has its outcomes; its connection is being made ready for the next, and is not free until then. */
  tidying?: Promise<void> | undefined;
}

export function createSmtpProvider(name: string, config: SmtpConfig, deps: TypeDeps): Carrier {
  const { clock } = deps;
  const settings = smtpSettings(name, config);
  const where = `${settings.host}:${settings.port}`;
  const tokens =
    settings.login && 'grant' in settings.login
      ? createTokenKeeper({ clock, kept: deps.tokens }, name, settings.login.grant)
      : undefined;
  const queue = smtpQueue(name, config, clock);
  const opening = (openedAt: number) =>
    openWhenLoaded(settings, { openedAt, now: clock.now, hostName: deps.hostName?.(), tokens });
  const pool = createPool({ clock, open: opening }, settings);
  const recipientLimit = createRecipientLimit(clock, settings.maxRecipients);
  // Connecting, once more after a dead connection; a few commands; the final answer.
  const waitingMs = 2 * settings.connectTimeoutMs + 3 * settings.commandTimeoutMs + settings.dataTimeoutMs;
  const sendings = new Set<Sending>();
  const watched = new WeakSet<AbortSignal>();
  let whenEmpty: (() => void) | undefined;
  /**
   * Where no connection stands, the others wait for the login of the first: twenty at once with a wrong password would lock
   * the account.
   */
  let firstLogin: Promise<Outcome | undefined> | undefined;
  /** A check is using a kept connection. */
  let lent: Promise<unknown> | undefined;
  const notBegun: Outcome = {
    ...{ kind: 'unavailable', busy: true, retryAfterMs: 0 },
    reply: plainReply(`${where}: not begun before shutdown`),
  };

  return {
    concurrency: settings.maxConnections,
    ...(tokens && { learned: tokens.secrets }),
    ...(queue && { queue }),

    async send(parcel, stop, between) {
      const sending: Sending = { stop };
      sendings.add(sending);
      watch(stop.broken);
      const turn = pool.enter();
      if (turn) await turn;
      try {
        return await inTransactions(parcel, { limit: recipientLimit, between }, (part) => transact(part, sending));
      } finally {
        if (sending.tidying) sending.tidying.then(() => end(sending));
        else end(sending);
      }
    },

    async check() {
      const startedAt = clock.monotonic();
      const took = () => Math.round(clock.monotonic() - startedAt);
      const timeMs = settings.connectTimeoutMs + 3 * settings.commandTimeoutMs;
      const late = `no outcome within ${Math.round(timeMs / 1_000)} s`;
      let isLate = false;
      let breakOff: (why: string) => void = () => undefined;
      const stopTimer = clock.after(timeMs, () => {
        isLate = true;
        breakOff(late);
      });
      try {
        // A connection of its own could be one too many for the server. So one that is kept speaks for all.
        for (;;) {
          const borrowing = pool.borrow();
          breakOff = borrowing.cancel;
          const kept = await borrowing.connection;
          if (!kept) break;
          if (await answers(kept))
            return { ok: true, detail: `${where} answered on a kept connection in ${took()} ms.` };
        }
        if (isLate) return { ok: false, detail: `${where}: ${late}, and all connections are busy.` };
        const login = pool.open();
        breakOff = login.abort;
        pool.keep(await login.opened);
        return { ok: true, detail: `${where} answered${settings.login ? ' and took the login' : ''} in ${took()} ms.` };
      } catch (error) {
        const outcome = openingOutcome(error as SmtpError, where);
        const detail = `${outcome.reply.text}. ${advice(error as SmtpError)}`;
        return { ok: false, detail, ...(isOfAccount(outcome) && { account: true }) };
      } finally {
        stopTimer();
      }
    },

    async close() {
      pool.close();
      if (sendings.size === 0) return;
      await new Promise<void>((resolve) => {
        whenEmpty = resolve;
      });
    },
  };

  /** Gives the connection back to the pool where it answers. Messages that find none kept wait for it meanwhile. */
  async function answers(connection: ProviderConnection): Promise<boolean> {
    const stopTimer = clock.after(KEPT_ANSWER_MS, () => connection.abort('it did not answer a check'));
    const asked = connection.reset().then((ok) => {
      stopTimer();
      if (ok) pool.keep(connection);
      return ok;
    });
    lent = asked;
    const ok = await asked;
    if (lent === asked) lent = undefined;
    return ok;
  }

  function end(sending: Sending): void {
    pool.leave();
    sendings.delete(sending);
    if (sendings.size === 0) whenEmpty?.();
  }

  /** One listener for each signal, not for each message: the outbox gives all its messages the same one. */
  function watch(signal: AbortSignal): void {
    if (watched.has(signal)) return;
    watched.add(signal);
    signal.addEventListener('abort', () => {
      for (const sending of sendings) if (sending.stop.broken === signal) cut(sending, 'broken off at shutdown');
    });
  }

  function cut(sending: Sending, why: string): void {
    sending.cut = why;
    sending.target?.abort(why);
  }

  /** One transaction, within a time of its own. */
  async function transact(parcel: Parcel, sending: Sending): Promise<SendResult> {
    // The transaction before may have left the connection to be made ready.
    if (sending.tidying) await sending.tidying;
    sending.tidying = undefined;
    if (sending.stop.begun.aborted) return { outcomes: all(parcel, notBegun) };
    const timeMs = waitingMs + ((parcel.size ?? 0) / SLOWEST_BYTES_PER_SECOND) * 1_000;
    let isDone = false;
    const stopTimer = clock.after(timeMs, () =>
      // After a pause of this process an answer may be there already: it is read before this runs.
      setImmediate(() => {
        if (!isDone) cut(sending, `no outcome within ${Math.round(timeMs / 1_000)} s`);
      }),
    );
    try {
      return await transmit(parcel, sending);
    } finally {
      isDone = true;
      stopTimer();
    }
  }

  async function transmit(parcel: Parcel, sending: Sending): Promise<SendResult> {
    if (isOver(sending)) return { outcomes: all(parcel, notSent(sending)) };
    const kept = pool.kept() ?? (await lent?.then(pool.kept));
    if (kept) {
      const result = await attempt({ parcel, sending, connection: kept });
      // A kept connection that turns out dead (the server's idle limit, a restart) is not the message's failure.
      if (result !== 'stale') return result;
    }
    const opened = await open(sending);
    if ('outcome' in opened) return { outcomes: all(parcel, opened.outcome), ...said(opened.transcript) };
    const result = await attempt({ parcel, sending, connection: opened });
    if (result === 'stale') throw new Error('a fresh connection cannot be stale');
    return result;
  }

  async function open(sending: Sending): Promise<ProviderConnection | { outcome: Outcome; transcript: string }> {
    await pool.parted();
    const isFirst = settings.login !== undefined && !firstLogin && pool.others() === 0;
    const refusal = firstLogin && (await firstLogin);
    if (isOver(sending)) return { outcome: notSent(sending), transcript: '' };
    if (refusal) return { outcome: refusal, transcript: '' };
    const opening = pool.open();
    if (isFirst) firstLogin = loginOf(opening);
    sending.target = opening;
    try {
      return await opening.opened;
    } catch (error) {
      if (sending.cut !== undefined) return { outcome: notSent(sending), transcript: opening.transcript() };
      const outcome = openingOutcome(error as SmtpError, where);
      const refused = { others: pool.others(), isNew: true };
      return {
        outcome: isTurnedAway(error as SmtpError) ? withRefused(outcome, refused) : outcome,
        transcript: opening.transcript(),
      };
    }
  }

  /** How the account was refused; undefined where it was not. */
  async function loginOf({ opened }: Opening): Promise<Outcome | undefined> {
    try {
      await opened;
      return undefined;
    } catch (error) {
      const outcome = openingOutcome(error as SmtpError, where);
      return isOfAccount(outcome) ? outcome : undefined;
    } finally {
      firstLogin = undefined;
    }
  }

  function isOver(sending: Sending): boolean {
    return sending.cut !== undefined || sending.stop.broken.aborted;
  }

  function notSent({ cut = 'not begun before shutdown' }: Sending): Outcome {
    return { kind: 'unavailable', reply: plainReply(`${where}: ${cut}`) };
  }

  async function attempt(input: {
    parcel: Parcel;
    sending: Sending;
    connection: ProviderConnection;
  }): Promise<SendResult | 'stale'> {
    const { parcel, sending, connection } = input;
    const isFresh = connection.carried === 0;
    sending.target = connection;
    const { sendable, refused } = bySmtpUtf8(parcel, connection);
    if (sendable.length === 0) {
      pool.keep(connection);
      return { outcomes: refused };
    }
    const { envelope, sent } = await carry({ parcel, connection, addresses: sendable });
    const isDead = !connection.isAlive();
    if (isDead && sent.error && !sent.ended && !isFresh && sending.cut === undefined) return 'stale';
    if (sent.error && isFault(sent.error)) {
      connection.abort('the message could not be read');
      throw new Error('the message could not be read to its end', { cause: sent.error });
    }
    const given = recipientOutcomes({ parcel, sent, envelope, where, refused });
    const outcomes = sent.error ? turnedAway(given, { others: pool.others(connection), isNew: isFresh }) : given;
    const transcript = isAllDelivered(outcomes) ? '' : connection.transcript();
    putBack({ connection, sent, sending });
    return { outcomes, ...said(transcript) };
  }

  async function carry(input: { parcel: Parcel; connection: ProviderConnection; addresses: readonly string[] }) {
    const { parcel, connection } = input;
    let message: Awaited<ReturnType<Parcel['mime']>>;
    try {
      message = await parcel.mime();
    } catch (error) {
      pool.keep(connection);
      throw error;
    }
    const size = message instanceof Uint8Array ? message.length : parcel.size;
    const envelope: ProviderEnvelope = {
      from: wireAddress(parcel.envelopeFrom),
      to: input.addresses.map(wireAddress),
      // What IEP composes is 7 bit; what came in whole may not be.
      use8BitMime: parcel.rendered === undefined,
      useSmtpUtf8: parcel.smtpUtf8,
      ...(size !== undefined && { size }),
    };
    return { envelope, sent: await connection.send(envelope, message) };
  }

  /** After a refusal the transaction may still be open, so it is reset before the next message. */
  function putBack(input: { connection: ProviderConnection; sent: Sent; sending: Sending }): void {
    const { connection, sent, sending } = input;
    if (sent.begun && !sent.ended) {
      connection.abort('the answer came before the end of the message');
    } else if (!sent.error) {
      pool.keep(connection);
    } else if (connection.isAlive()) {
      // The message does not wait for this. A server that does not answer it runs into the timeout of a command.
      sending.tidying = connection.reset().then((ok) => (ok ? pool.keep(connection) : connection.quit()));
    }
  }
}

/** Who only reads the configuration has no use for all that a connection loads. */
function openWhenLoaded(settings: SmtpSettings, deps: OpeningDeps): Opening {
  let opening: Opening | undefined;
  let aborted: string | undefined;
  const opened = import('./connection.ts').then(({ openConnection }) => {
    opening = openConnection(settings, deps);
    if (aborted !== undefined) opening.abort(aborted);
    return opening.opened;
  });
  return {
    opened,
    transcript: () => opening?.transcript() ?? '',
    abort(why) {
      aborted = why;
      opening?.abort(why);
    },
  };
}

/** A server that says 421, or names connections, speaks of this one and not of the message. */
function turnedAway(outcomes: ReadonlyMap<number, Outcome>, refused: Refused): ReadonlyMap<number, Outcome> {
  const isMeant = (one: Outcome) =>
    (one.kind === 'unavailable' && one.busy) || (one.kind === 'throttled' && /\bconnections?\b/i.test(one.reply.text));
  return new Map([...outcomes].map(([position, one]) => [position, isMeant(one) ? withRefused(one, refused) : one]));
}

function withRefused(outcome: Outcome, refused: Refused): Outcome {
  const isOfConnection = (outcome.kind === 'unavailable' && !outcome.account) || outcome.kind === 'throttled';
  return isOfConnection ? { ...outcome, refused } : outcome;
}

/** Addresses that this connection can carry, and the outcome of those it cannot (RFC 6531 §3.6). */
function bySmtpUtf8(parcel: Parcel, connection: ProviderConnection) {
  const addresses = parcel.recipients.map(({ address }) => address);
  const refused = new Map<number, Outcome>();
  if (!parcel.smtpUtf8 || connection.smtpUtf8) return { sendable: addresses, refused };
  const { utf8Header = false } = parcel;
  const isCarried = (address: string) => !utf8Header && isAscii(parcel.envelopeFrom) && isAscii(address);
  for (const { position, address } of parcel.recipients) {
    if (isCarried(address)) continue;
    const what = utf8Header ? 'the header' : 'an address';
    const reply = plainReply(`the provider does not offer SMTPUTF8, which ${what} of this message needs`);
    refused.set(position, { kind: 'rejected', reply, bounce: 'other' });
  }
  return { sendable: addresses.filter(isCarried), refused };
}

function isAllDelivered(outcomes: ReadonlyMap<number, Outcome>): boolean {
  for (const { kind } of outcomes.values()) if (kind !== 'delivered') return false;
  return true;
}

/** Nothing, where nothing was said: as when nobody could be reached. */
function said(transcript: string): Pick<SendResult, 'transcript'> {
  return transcript === '' ? {} : { transcript };
}

function all(parcel: Parcel, outcome: Outcome): ReadonlyMap<number, Outcome> {
  return new Map(parcel.recipients.map(({ position }) => [position, outcome]));
}
