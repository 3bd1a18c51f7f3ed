/**
 * The ways out by name, which come and go while mail is sent, and which tenants are using which: so that a claim can pass
 * over those whose mail would only come back.
 */

import type { ProviderState } from '../../core/provider-state.ts';
import type { Provider } from '../providers/provider.ts';
import { createWayOut, type WayDeps, type WayOptions, type WayOut } from './way-out.ts';

export interface WaysOut {
  /** By its name, else by one that it had before. */
  get(name: string): WayOut | undefined;
  names(): readonly string[];
  all(): readonly WayOut[];
  /** Adds a way out, or puts it in the place of the one of that name, whose provider it answers. */
  put(provider: Provider): Provider | undefined;
  /** Takes one away; what is under way there goes on. */
  remove(name: string): Provider | undefined;
  states(): readonly ProviderState[];
  /** Notes that this tenant's mail goes these ways, all of it or, in a split, some. */
  usedBy(tenantId: string, names: readonly [string, ...string[]], how: { readonly isAll: boolean }): void;
  /** Tenants whose mail would only come back now. */
  skipTenants(): readonly string[];
  /** Messages that all of them can hold at once, sending and waiting. */
  capacity(): number;
  /** Lets every open breaker try at once. */
  hurry(): void;
  sendBack(): void;
}

/**
 * How long a tenant is passed over on the strength of one message. Its route may have changed meanwhile, which shows
 * with the next message that is let through.
 */
const REMEMBERED_MS = 10_000;

const none: readonly string[] = [];

interface Use {
  readonly names: readonly string[];
  readonly at: number;
}

export function createWaysOut(
  deps: WayDeps & { readonly providers: Iterable<Provider> },
  options: WayOptions,
): WaysOut {
  const { clock } = deps;
  const ways = new Map<string, WayOut>();
  /** By tenant, then by the first provider: a split has several. */
  const uses = new Map<string, Map<string, Use>>();

  const put = (provider: Provider) => {
    const before = ways.get(provider.name);
    before?.retire();
    ways.set(provider.name, createWayOut(deps, provider, options));
    return before?.provider;
  };
  for (const provider of deps.providers) put(provider);

  /** As deliver.ts walks a route: past what is away or not there, to the first that takes or holds the message. */
  const isBlocked = (names: readonly string[]) => {
    const standings = names.map((name) => ways.get(name)?.standing() ?? 'away');
    return standings.find((standing) => standing !== 'away') !== 'free';
  };

  const isFresh = ({ at }: Use) => at >= clock.monotonic() - REMEMBERED_MS;

  return {
    get: (name) =>
      ways.get(name) ?? [...ways.values()].find(({ provider }) => provider.formerNames?.includes(name) === true),
    names: () => [...ways.keys()],
    all: () => [...ways.values()],
    put,
    remove(name) {
      const way = ways.get(name);
      ways.delete(name);
      way?.retire();
      return way?.provider;
    },
    states: () => [...ways.values()].map((way) => way.state()),
    usedBy(tenantId, names, { isAll }) {
      const known = (!isAll && uses.get(tenantId)) || new Map<string, Use>();
      known.set(names[0], { names, at: clock.monotonic() });
      uses.set(tenantId, known);
    },
    skipTenants() {
      if (![...ways.values()].some((way) => way.standing() !== 'free')) return none;
      const skipped: string[] = [];
      for (const [tenantId, byFirst] of uses) {
        for (const [first, use] of byFirst) if (!isFresh(use)) byFirst.delete(first);
        if (byFirst.size === 0) uses.delete(tenantId);
        else if ([...byFirst.values()].every(({ names }) => isBlocked(names))) skipped.push(tenantId);
      }
      return skipped;
    },
    capacity: () => [...ways.values()].reduce((sum, way) => sum + way.capacity, 0),
    hurry() {
      for (const way of ways.values()) way.hurry();
    },
    sendBack() {
      for (const way of ways.values()) way.sendBack();
    },
  };
}
