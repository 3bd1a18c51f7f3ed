/** Connections that calls take in turn; a new one is made where all are taken, up to `size`, and after one broke. */

import type { SessionClient } from './connection.ts';
import { createEngine, type Engine } from './engine.ts';
import { isBroken, OutcomeUnknown } from './refusal.ts';

export interface ConnectionPool {
  /** Waits for a connection. Rejects with what the database says to a new one, or what the work rejects with. */
  use<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
  /** After the work that is under way. */
  close(): Promise<void>;
}

interface Member {
  readonly client: SessionClient;
  readonly engine: Engine;
}

export function createConnectionPool(size: number, connect: () => Promise<SessionClient>): ConnectionPool {
  const idle: Member[] = [];
  const queue: (() => void)[] = [];
  let count = 0;
  let isClosing = false;
  let whenEmpty: (() => void) | undefined;

  return {
    async use(work) {
      const member = await take();
      try {
        const answer = await work(member.engine);
        give(member);
        return answer;
      } catch (error) {
        if (error instanceof OutcomeUnknown || isBroken(error) || !member.engine.isUsable()) drop(member);
        else give(member);
        throw error;
      }
    },
    async close() {
      isClosing = true;
      await Promise.all(idle.splice(0).map(end));
      if (count > 0) await new Promise<void>((resolve) => (whenEmpty = resolve));
    },
  };

  async function take(): Promise<Member> {
    while (idle.length === 0 && count >= size) await new Promise<void>((resolve) => queue.push(resolve));
    const free = idle.pop();
    if (free) return free;
    count += 1;
    try {
      const client = await connect();
      return { client, engine: createEngine(client) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  function give(member: Member): void {
    if (isClosing) void end(member);
    else {
      idle.push(member);
      queue.shift()?.();
    }
  }

  function drop(member: Member): void {
    void end(member);
    // What waited idle was cut by the same fault, more often than not.
    for (const other of idle.splice(0)) void end(other);
  }

  async function end({ client }: Member): Promise<void> {
    await client.close().catch(() => undefined);
    leave();
  }

  function leave(): void {
    count -= 1;
    queue.shift()?.();
    if (count === 0) whenEmpty?.();
  }
}
