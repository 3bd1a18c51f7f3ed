/** The connections that are open: how many there may be, overall and from one address, and how they end when the door closes. */

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
  /** Counts a connection in. Throws the refusal when it may not stay. */
  add(connection: OpenConnection, address: string): void;
  remove(connection: OpenConnection): void;
  shutDown(): void;
  destroy(): void;
}

export function createConnections(limits: { max: number; maxPerAddress: number }): Connections {
  const open = new Map<OpenConnection, string>();
  const perAddress = new Map<string, number>();
  let stopping = false;

  return {
    get stopping() {
      return stopping;
    },
    add(connection, address) {
      if (stopping) throw new IepError('shutting_down');
      const fromThere = perAddress.get(address) ?? 0;
      if (open.size >= limits.max) throw new IepError('rate_limited', 'Too many connections');
      if (fromThere >= limits.maxPerAddress)
        throw new IepError('rate_limited', 'Too many connections from this address');
      open.set(connection, address);
      perAddress.set(address, fromThere + 1);
    },
    remove(connection) {
      const address = open.get(connection);
      if (address === undefined) return;
      open.delete(connection);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
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
