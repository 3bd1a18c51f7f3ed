/**
 * Reads a mailbox as reports come: each is kept by the store, and only then moved or marked. So one that is read twice, because
 * something died in between, changes nothing.
 */

import type { ImapFlow } from 'imapflow';
import { backoff } from '../../../base/queue/backoff.ts';
import type { Clock } from '../../../core/clock.ts';
import type { TokenKeeper } from '../../providers/oauth2/token-keeper.ts';
import { MAX_REPORT_BYTES } from '../read-report.ts';
import { MailboxFault, withFolder } from './connect.ts';
import type { ReportMailbox } from './settings.ts';

export interface FollowDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly tokens: TokenKeeper | undefined;
  /** The beginning of a mail; all that it says is on disk when this resolves. */
  readonly take: (bytes: Uint8Array) => Promise<void>;
  /** It works, or why not; told when that changes. */
  readonly onState: (problem: string | undefined) => void;
}

export interface FollowedMailbox {
  /** Why it cannot be read now; undefined where it can, null before the first look. */
  problem(): string | undefined | null;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** Mails between two moves. */
const BATCH = 50;
/** Mails of one session that are remembered; a server that shows more is connected to anew. */
const MOST_SEEN = 100_000;
const LOOK_MS = 300_000;
const again = { scheduleSeconds: [2, 10, 30, 60, 300], jitter: 0.2 };
/** Others use the account, and many wrong logins lock it. */
const loginAgain = { scheduleSeconds: [60, 300, 900, 1800], jitter: 0.2 };

export function followMailbox(deps: FollowDeps, mailbox: ReportMailbox): FollowedMailbox {
  const { clock, random, tokens, take, onState } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let problem: string | undefined | null = null;
  const running = run();

  function tell(next: string | undefined): void {
    if (problem !== next) onState(next);
    problem = next;
  }

  async function run(): Promise<void> {
    let tries = 0;
    while (!signal.aborted) {
      try {
        await withFolder({ mailbox, tokens, clock, signal }, async (client) => {
          if (mailbox.move !== undefined) await client.mailboxCreate(mailbox.move);
          tries = 0;
          tell(undefined);
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
    while (!signal.aborted) {
      const arrived = nextArrival(client);
      while (await takeBatch(client, seen));
      await arrived;
      if (!client.usable) throw new Error('the server closed the connection');
    }
  }

  /** Whether there was one to take. */
  async function takeBatch(client: ImapFlow, seen: Set<number>): Promise<boolean> {
    const { move } = mailbox;
    const found = (await client.search(move === undefined ? { seen: false } : { all: true }, { uid: true })) || [];
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

  /** False where it is gone. */
  async function takeOne(client: ImapFlow, uid: number): Promise<boolean> {
    const wanted = { source: { start: 0, maxLength: MAX_REPORT_BYTES } };
    const mail = await client.fetchOne(String(uid), wanted, { uid: true });
    if (!mail || mail.source === undefined) return false;
    await take(mail.source.subarray(0, MAX_REPORT_BYTES));
    return true;
  }

  async function putAway(client: ImapFlow, uids: string): Promise<void> {
    const { move } = mailbox;
    const isDone =
      move === undefined
        ? await client.messageFlagsAdd(uids, ['\\Seen'], { uid: true })
        : await client.messageMove(uids, move, { uid: true });
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
