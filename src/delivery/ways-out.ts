/** The providers with their gates, and which tenants are using which: so that a claim can pass over those that wait. */

import type { Clock } from '../core/clock.ts';
import type { Provider } from '../providers/provider.ts';
import { createGate, type Gate, MOST_WAITING } from './gate.ts';

export interface WayOut {
  readonly provider: Provider;
  readonly gate: Gate;
  /** Notes that this tenant's mail goes this way. */
  usedBy(tenantId: string): void;
}

export interface WaysOut {
  get(name: string): WayOut | undefined;
  readonly names: readonly string[];
  /** Tenants whose way out is full or closed. */
  skipTenants(): readonly string[];
  /** Messages that all of them can hold at once, sending and waiting. */
  readonly capacity: number;
  sendBack(): void;
}

/**
 * How long a tenant is passed over on the strength of one message. Its route may have changed meanwhile, which shows
 * with the next message that is let through.
 */
const REMEMBERED_MS = 10_000;

const none: readonly string[] = [];

export function createWaysOut(deps: {
  readonly providers: Iterable<Provider>;
  readonly clock: Clock;
  readonly onRoom: () => void;
}): WaysOut {
  const { clock, onRoom } = deps;
  const ways = new Map<string, WayOut & { readonly tenants: Map<string, number> }>();
  for (const provider of deps.providers) {
    const tenants = new Map<string, number>();
    const gate = createGate({ clock, onRoom }, provider);
    ways.set(provider.name, {
      provider,
      gate,
      tenants,
      usedBy: (tenantId) => tenants.set(tenantId, clock.monotonic()),
    });
  }

  return {
    get: (name) => ways.get(name),
    names: [...ways.keys()],
    skipTenants() {
      const closed = [...ways.values()].filter(({ gate }) => !gate.isOpen());
      if (closed.length === 0) return none;
      const since = clock.monotonic() - REMEMBERED_MS;
      const skipped = new Set<string>();
      for (const { tenants } of closed) {
        for (const [tenantId, usedAt] of tenants) {
          if (usedAt >= since) skipped.add(tenantId);
          else tenants.delete(tenantId);
        }
      }
      return [...skipped];
    },
    capacity: [...ways.values()].reduce((sum, { provider }) => sum + provider.concurrency + MOST_WAITING, 0),
    sendBack() {
      for (const { gate } of ways.values()) gate.sendBack();
    },
  };
}
