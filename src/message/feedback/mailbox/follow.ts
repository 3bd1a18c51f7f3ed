/**
 * Reads a mailbox as reports come: each is kept by the store, and only then moved or marked. So one that is read twice, because
 * something died in between, changes nothing.
 */

import type { ImapFlow } from 'imapflow';
import { backoff } from '../../../base/queue/backoff.ts';
import type { Clock } from '../../../core/clock.ts';
import { errorText } from '../../../core/error-text.ts';
import type { TokenKeeper } from '../../providers/oauth2/token-keeper.ts';
import { oneLine } from '../../providers/reply.ts';
import { MAX_REPORT_BYTES } from '../read-report.ts';
import { MailboxFault, SEARCH_SPAN, withFolder } from './connect.ts';
import type { ReportMailbox } from './settings.ts';

export interface FollowDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly tokens: TokenKeeper | undefined;
  /** The beginning of a mail; all that it says is on disk when this resolves. */
  readonly take: (bytes: Uint8Array) => Promise<void>;
  /** It works, or why not; told when that changes. */
  readonly onState: (problem: string | undefined) => void;
  /** A mail that could not be fetched is passed over for a while, so that those behind it are read. */
  readonly onPassed: (uid: number, reason: string) => void;
}

export interface FollowedMailbox {
  /** Why it cannot be read now; undefined where it can, null before the first look. */
  problem(): string | undefined | null;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** Mails between two moves. */
const BATCH = 50;
/** For the whole answer to a command. */
const COMMAND_MS = 120_000;
/** From so many failures on, which the network may be the cause of, a mail is passed over… */
const MOST_FAILURES = 2;
/** …and tried again on a connection that is made after so long. */
const PASSED_MS = 3_600_000;
const MOST_UNFETCHED = 10_000;
/** Mails of one session that are remembered; a server that shows more is connected to anew. */
const MOST_SEEN = 100_000;
const LOOK_MS = 300_000;
const again = { scheduleSeconds: [2, 10, 30, 60, 300], jitter: 0.2 };
/** Others use the account, and many wrong logins lock it. */
const loginAgain = { scheduleSeconds: [60, 300, 900, 1800], jitter: 0.2 };

export function followMailbox(deps: FollowDeps, mailbox: ReportMailbox): FollowedMailbox {
  const { clock, random, tokens, take, onState, onPassed } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let problem: string | undefined | null = null;
  let tries = 0;
  /** By the number of a mail, which holds as long as the folder has one validity. */
  const unfetched = new Map<number, { readonly failures: number; readonly passedUntil: number }>();
  let validity: bigint | undefined;
  const running = run();

  function tell(next: string | undefined): void {
    if (problem !== next) onState(next);
    problem = next;
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await withFolder({ mailbox, tokens, clock, signal }, async (client) => {
          if (mailbox.move !== undefined) await client.mailboxCreate(mailbox.move);
          await read(client);
        });
      } catch (error) {
        if (signal.aborted) return;
        tries += 1;
        tell(error instanceof Error ? error.message : String(error));
        const isOfLogin = error instanceof MailboxFault && error.isOfLogin;
        await wait(backoff(isOfLogin ? loginAgain : again, { tries, random }));
      }
    }
  }

  /** Until the connection ends. */
  async function read(client: ImapFlow): Promise<void> {
    const seen = new Set<number>();
    followValidity(client);
    while (!signal.aborted) {
      const arrived = nextArrival(client);
      // What was moved makes room for those behind it, which are searched again from the same place.
      for (let first = 1; first === 1 || first <= existing(client); ) {
        if (!(await takeBatch(client, { first, seen }))) first += SEARCH_SPAN;
        if (signal.aborted) return;
        // Only now it is known to be read: a server may let everybody in, and answer nothing.
        tries = 0;
        tell(undefined);
      }
      await arrived;
      if (!client.usable) throw new Error('the server closed the connection');
    }
  }

  /** Whether there was one to take from this place in the folder on. */
  async function takeBatch(
    client: ImapFlow,
    { first, seen }: { readonly first: number; readonly seen: Set<number> },
  ): Promise<boolean> {
    const here = { seq: `${first}:${first + SEARCH_SPAN - 1}` };
    const wanted = mailbox.move === undefined ? { ...here, seen: false } : here;
    const isEmpty = existing(client) < first;
    const found = isEmpty ? [] : await bounded(client, client.search(wanted, { uid: true }));
    if (!found) throw new Error('the server refused to search the folder');
    const batch = found.filter((uid) => !seen.has(uid)).slice(0, BATCH);
    if (batch.length === 0 || signal.aborted) return false;
    const taken: number[] = [];
    for (const uid of batch) {
      seen.add(uid);
      if (await takeOne(client, uid)) taken.push(uid);
    }
    if (seen.size > MOST_SEEN) throw new Error('the folder shows more mails than it can hold');
    if (taken.length > 0) await putAway(client, taken.join(','));
    return true;
  }

  /** False where it is gone, or passed over. */
  async function takeOne(client: ImapFlow, uid: number): Promise<boolean> {
    if ((unfetched.get(uid)?.passedUntil ?? 0) > clock.now()) return false;
    const source = await fetch(client, uid);
    if (source === undefined) return false;
    await take(source.subarray(0, MAX_REPORT_BYTES));
    return true;
  }

  async function fetch(client: ImapFlow, uid: number): Promise<Uint8Array | undefined> {
    const wanted = { source: { start: 0, maxLength: MAX_REPORT_BYTES } };
    try {
      const mail = await bounded(client, client.fetchOne(String(uid), wanted, { uid: true }));
      unfetched.delete(uid);
      return mail ? mail.source : undefined;
    } catch (error) {
      if (!signal.aborted) noteUnfetched(uid, error);
      if (!client.usable) throw error;
      return undefined;
    }
  }

  function noteUnfetched(uid: number, error: unknown): void {
    const failures = (unfetched.get(uid)?.failures ?? 0) + 1;
    const isPassed = failures >= MOST_FAILURES;
    if (unfetched.size >= MOST_UNFETCHED) unfetched.clear();
    unfetched.set(uid, { failures, passedUntil: isPassed ? clock.now() + PASSED_MS : 0 });
    if (isPassed) onPassed(uid, oneLine(errorText(error)));
  }

  function followValidity({ mailbox: open }: ImapFlow): void {
    const now = open ? open.uidValidity : undefined;
    if (now !== validity) unfetched.clear();
    validity = now;
  }

  function existing({ mailbox: open }: ImapFlow): number {
    return open ? open.exists : 0;
  }

  /** A server that goes on answering and never comes to the end is left. */
  function bounded<T>(client: ImapFlow, command: Promise<T>): Promise<T> {
    return command.finally(clock.after(COMMAND_MS, () => client.close()));
  }

  async function putAway(client: ImapFlow, uids: string): Promise<void> {
    const { move } = mailbox;
    const isDone =
      move === undefined
        ? await bounded(client, client.messageFlagsAdd(uids, ['\\Seen'], { uid: true }))
        : await bounded(client, client.messageMove(uids, move, { uid: true }));
    if (!isDone) throw new Error(`the server did not ${move === undefined ? 'mark' : 'move'} what was read`);
  }

  /** A mail came, the connection ended, or it is time to look regardless. */
  function nextArrival(client: ImapFlow): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        client.off('exists', done);
        client.off('close', done);
        resolve();
      };
      const cancel = clock.after(LOOK_MS, done);
      client.on('exists', done);
      client.on('close', done);
    });
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      signal.addEventListener('abort', done);
    });
  }

  return {
    problem: () => problem,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
