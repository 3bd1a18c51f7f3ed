/** The connections that are open: how many there may be, overall and from one source, and how they end when the door closes. */

import { IepError } from '../core/errors.ts';

export interface OpenConnection {
  /** Says goodbye now or, with a message in progress, after its reply. */
  shutDown(): void;
  /** Ends it without a word. */
  destroy(): void;
}

export interface Connections {
  /** The door is closing: whoever finishes a message is to go. */
  readonly stopping: boolean;
  /** Counts a connection in. Throws the refusal when it may not stay. Without a source only the overall limit holds. */
  add(connection: OpenConnection, source?: string): void;
  remove(connection: OpenConnection): void;
  shutDown(): void;
  destroy(): void;
}

export function createConnections(limits: { max: number; maxPerSource: number }): Connections {
  const open = new Map<OpenConnection, string | undefined>();
  const perSource = new Map<string, number>();
  let stopping = false;

  return {
    get stopping() {
      return stopping;
    },
    add(connection, source) {
      if (stopping) throw new IepError('shutting_down');
      if (open.size >= limits.max) throw new IepError('rate_limited', 'Too many connections');
      if (source !== undefined) {
        const fromThere = perSource.get(source) ?? 0;
        if (fromThere >= limits.maxPerSource) {
          throw new IepError('rate_limited', 'Too many connections from this address');
        }
        perSource.set(source, fromThere + 1);
      }
      open.set(connection, source);
    },
    remove(connection) {
      const source = open.get(connection);
      if (!open.delete(connection) || source === undefined) return;
      const left = (perSource.get(source) ?? 1) - 1;
      if (left === 0) perSource.delete(source);
      else perSource.set(source, left);
    },
    shutDown() {
      stopping = true;
      for (const connection of open.keys()) connection.shutDown();
    },
    destroy() {
      for (const connection of open.keys()) connection.destroy();
    },
  };
}
