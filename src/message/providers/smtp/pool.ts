/**
 * Keeps connections between messages. Hands out the one that was used last, so that those which are not needed go
 * quiet and are closed; never holds more than its limit, and opens one only when none is free. It counts as the other
 * side does: a connection stands from its first packet until both sides have closed it.
 */

import type { Clock } from '../../../core/clock.ts';
import type { Opening, ProviderConnection } from './connection.ts';

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
  kept(): ProviderConnection | undefined;
  /** A kept connection or, where all that stand are in use, the next that is kept; none where none stands, or once cancelled. */
  borrow(): { readonly connection: Promise<ProviderConnection | undefined>; cancel(): void };
  /** A new connection. Makes room for it by closing an unused one where there are too many. */
  open(): Opening;
  /** Resolves when the connections that were said goodbye to are gone; undefined where there are none. */
  parted(): Promise<unknown> | undefined;
  /** Connections that stand next to this one. */
  others(than?: ProviderConnection): number;
  /** Keeps a connection for the next message, unless it has done its share. */
  keep(connection: ProviderConnection): void;
  /** Closes what is unused, and from now on what comes back. */
  close(): void;
}

export function createPool(deps: { clock: Clock; open: (now: number) => Opening }, limits: PoolLimits): Pool {
  const { clock } = deps;
  const idle: { readonly connection: ProviderConnection; readonly since: number }[] = [];
  const queue: (() => void)[] = [];
  const standing = new Set<ProviderConnection | Opening>();
  const parting = new Set<Promise<void>>();
  const borrowers: ((connection: ProviderConnection | undefined) => void)[] = [];
  let turns = 0;
  let closing = false;
  let cancelSweep: (() => void) | undefined;

  /** Idle connections stand oldest first, because the newest is always taken. */
  const sweep = () => {
    cancelSweep = undefined;
    const now = clock.monotonic();
    while (idle[0] && now - idle[0].since >= limits.idleMs) part(idle.shift()?.connection);
    if (idle[0]) cancelSweep = clock.after(idle[0].since + limits.idleMs - now, sweep);
  };

  const forget = (connection: ProviderConnection) => {
    const at = idle.findIndex((entry) => entry.connection === connection);
    if (at >= 0) idle.splice(at, 1);
  };

  const part = (connection: ProviderConnection | undefined) => {
    if (!connection) return;
    const gone = new Promise<void>((resolve) => connection.onGone(resolve));
    parting.add(gone);
    gone.then(() => parting.delete(gone));
    connection.quit();
  };

  const fell = (one: ProviderConnection | Opening) => {
    standing.delete(one);
    if (standing.size === 0) for (const tell of borrowers.splice(0)) tell(undefined);
  };

  const kept = () => {
    for (let entry = idle.pop(); entry; entry = idle.pop()) {
      if (entry.connection.isAlive()) return entry.connection;
    }
    return undefined;
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
    kept,
    borrow() {
      const { promise: connection, resolve } = Promise.withResolvers<ProviderConnection | undefined>();
      const one = kept();
      if (one || standing.size === 0) resolve(one);
      else borrowers.push(resolve);
      return {
        connection,
        cancel() {
          const at = borrowers.indexOf(resolve);
          if (at >= 0) borrowers.splice(at, 1);
          resolve(undefined);
        },
      };
    },
    open() {
      if (turns + idle.length > limits.maxConnections) part(idle.shift()?.connection);
      const opening = deps.open(clock.monotonic());
      standing.add(opening);
      opening.opened.then(
        (connection) => {
          standing.delete(opening);
          standing.add(connection);
          connection.onEnd(() => forget(connection));
          connection.onGone(() => fell(connection));
        },
        // The caller that asked for it hears why.
        () => fell(opening),
      );
      return opening;
    },
    parted: () => (parting.size === 0 ? undefined : Promise.all(parting)),
    others: (than) => standing.size - (than && standing.has(than) ? 1 : 0),
    keep(connection) {
      if (!connection.isAlive()) return;
      const now = clock.monotonic();
      const isSpent =
        connection.carried >= limits.maxMessagesPerConnection || now - connection.openedAt >= limits.maxConnectionAgeMs;
      if (closing || isSpent) {
        part(connection);
        return;
      }
      const borrower = borrowers.shift();
      if (borrower) return borrower(connection);
      idle.push({ connection, since: now });
      cancelSweep ??= clock.after(limits.idleMs, sweep);
    },
    close() {
      closing = true;
      cancelSweep?.();
      cancelSweep = undefined;
      for (const { connection } of idle.splice(0)) connection.quit();
      for (const tell of borrowers.splice(0)) tell(undefined);
    },
  };
}
