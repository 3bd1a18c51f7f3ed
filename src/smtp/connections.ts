/** The sessions that are open, and how they end when the door closes. */

import { IepError } from '../core/errors.ts';

export interface OpenConnection {
  /** Says goodbye now or, with a message in progress, after its reply. */
  shutDown(): void;
  /** Ends it without a word. */
  destroy(): void;
}

export interface Connections {
  /** The door is closing: a client that finishes a message is to go. */
  readonly stopping: boolean;
  /** Throws the refusal when the door is closing. */
  add(connection: OpenConnection): void;
  remove(connection: OpenConnection): void;
  shutDown(): void;
  destroy(): void;
}

export function createConnections(): Connections {
  const open = new Set<OpenConnection>();
  let stopping = false;

  return {
    get stopping() {
      return stopping;
    },
    add(connection) {
      if (stopping) throw new IepError('shutting_down');
      open.add(connection);
    },
    remove(connection) {
      open.delete(connection);
    },
    shutDown() {
      stopping = true;
      for (const connection of open) connection.shutDown();
    },
    destroy() {
      for (const connection of open) connection.destroy();
    },
  };
}
