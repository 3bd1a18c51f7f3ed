/**
 * How nodes tell each other of commits: each says so on a channel of the database (NOTIFY), and listens on a connection of its
 * own. A pooler in transaction mode passes on no notices, and a connection breaks: hence the slow check behind it.
 */

import { randomUUID } from 'node:crypto';
import type { Store } from '../verbs/store.ts';
import type { SessionClient } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';

const CHANNEL = 'iep_commits';
/** How often a node looks for commits that it was not told of, and tries to listen again. */
const CHECK_MS = 500;
/** Commits within so long are told to others as one. */
const GATHER_MS = 10;

type Listener = Parameters<Store['onChange']>[0];

export interface Wake {
  /** This process has committed. */
  own(): void;
  listen(listener: Listener): () => void;
  close(): Promise<void>;
}

export function openWake(connect: () => Promise<SessionClient>, pool: ConnectionPool): Wake {
  const me = randomUUID();
  const listeners = new Set<Listener>();
  let isPending = false;
  let telling: Promise<void> | undefined;
  let listening: Promise<SessionClient | undefined> | undefined;
  let mark: string | undefined;
  let isClosed = false;
  const timer = setInterval(check, CHECK_MS);
  timer.unref();

  const tell = (own: boolean) => {
    for (const listener of listeners) listener({ own });
  };

  return {
    own() {
      if (!isPending) {
        isPending = true;
        queueMicrotask(() => {
          isPending = false;
          tell(true);
        });
      }
      telling ??= tellOthers();
    },
    listen(listener) {
      listeners.add(listener);
      listening ??= startListening();
      return () => listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      clearInterval(timer);
      listeners.clear();
      await telling;
      await (await listening)?.close().catch(() => undefined);
    },
  };

  async function tellOthers(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    telling = undefined;
    // What nobody could be told of is found by the check.
    await pool.use((engine) => engine.notify(CHANNEL, me)).catch(() => undefined);
  }

  async function startListening(): Promise<SessionClient | undefined> {
    try {
      const client = await connect();
      client.onNotice((from) => {
        if (from !== me) tell(false);
      });
      client.onEnd(() => {
        listening = undefined;
      });
      await client.exec(`LISTEN ${CHANNEL}`);
      return client;
    } catch {
      listening = undefined;
      return undefined;
    }
  }

  /** The number of the last transaction has grown: somebody has committed. */
  function check(): void {
    if (listeners.size === 0 || isClosed) return;
    listening ??= startListening();
    pool
      .use((engine) => engine.mark())
      .then((now) => {
        if (mark !== now && !isClosed) tell(false);
        mark = now;
      })
      .catch(() => undefined);
  }
}
