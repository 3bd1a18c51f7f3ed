/**
 * Keeps connections between messages. Hands out the one that was used last, so that those which are not needed go
 * quiet and are closed; never holds more than its limit, and opens one only when none is free.
 */

import type { Clock } from '../../core/clock.ts';
import type { Connection, Opening } from './connection.ts';

export interface PoolLimits {
  readonly maxConnections: number;
  readonly maxMessagesPerConnection: number;
  readonly maxConnectionAgeMs: number;
  readonly idleMs: number;
}

export interface Pool {
  /** Waits for a turn: no more holders than connections. Each turn must be given back with `leave`. */
  enter(): Promise<void> | undefined;
  leave(): void;
  /** A kept connection that looks alive, if there is one. */
  kept(): Connection | undefined;
  /** A new connection. Makes room for it by closing an unused one where there are too many. */
  open(): Opening;
  /** Keeps a connection for the next message, unless it has done its share. */
  keep(connection: Connection): void;
  /** Closes what is unused, and from now on what comes back. */
  close(): void;
}

export function createPool(deps: { clock: Clock; open: (now: number) => Opening }, limits: PoolLimits): Pool {
  const { clock } = deps;
  const idle: { readonly connection: Connection; readonly since: number }[] = [];
  const queue: (() => void)[] = [];
  let turns = 0;
  let closing = false;
  let cancelSweep: (() => void) | undefined;

  /** Idle connections stand oldest first, because the newest is always taken. */
  const sweep = () => {
    cancelSweep = undefined;
    const now = clock.monotonic();
    while (idle[0] && now - idle[0].since >= limits.idleMs) idle.shift()?.connection.quit();
    if (idle[0]) cancelSweep = clock.after(idle[0].since + limits.idleMs - now, sweep);
  };

  const forget = (connection: Connection) => {
    const at = idle.findIndex((entry) => entry.connection === connection);
    if (at >= 0) idle.splice(at, 1);
  };

  return {
    enter() {
      if (turns < limits.maxConnections) {
        turns += 1;
        return undefined;
      }
      return new Promise((resolve) => queue.push(resolve));
    },
    leave() {
      const next = queue.shift();
      if (next) next();
      else turns -= 1;
    },
    kept() {
      for (let entry = idle.pop(); entry; entry = idle.pop()) {
        if (entry.connection.isAlive()) return entry.connection;
      }
      return undefined;
    },
    open() {
      if (turns + idle.length > limits.maxConnections) idle.shift()?.connection.quit();
      const opening = deps.open(clock.monotonic());
      opening.opened.then(
        (connection) => connection.onEnd(() => forget(connection)),
        // Whoever asked for it hears why.
        () => undefined,
      );
      return opening;
    },
    keep(connection) {
      if (!connection.isAlive()) return;
      const now = clock.monotonic();
      const isSpent =
        connection.carried >= limits.maxMessagesPerConnection || now - connection.openedAt >= limits.maxConnectionAgeMs;
      if (closing || isSpent) {
        connection.quit();
        return;
      }
      idle.push({ connection, since: now });
      cancelSweep ??= clock.after(limits.idleMs, sweep);
    },
    close() {
      closing = true;
      cancelSweep?.();
      cancelSweep = undefined;
      for (const { connection } of idle.splice(0)) connection.quit();
    },
  };
}
