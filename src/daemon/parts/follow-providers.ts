/** Keeps the ways out in line with the providers there are, of the configuration and of the store, while mail is sent. */

import type { Config } from '../../config/schema.ts';
import { keptTokens } from '../../manage/kept-tokens.ts';
import { type KnownProvider, openProvider, readProviders } from '../../manage/known-providers.ts';
import type { WaysOut } from '../../message/delivery/ways-out.ts';
import type { Provider } from '../../message/providers/provider.ts';
import { requireProviders } from '../reload/check-usable.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground } from './stations.ts';

export interface FollowProviders {
  /**
   * Brings the ways out in line. What is under way at a provider that is changed or removed goes on. With `change`, to
   * that configuration: `adopt` is called once nothing can fail any more, in the same moment in which the ways change.
   */
  reload(change?: { readonly config: Config; adopt(): void }): Promise<void>;
  /** Resolves when all providers are closed. */
  close(): Promise<void>;
}

type FollowDeps = Pick<Ground, 'store' | 'vault' | 'clock' | 'log'>;

/** `known`: what the ways are made from now. `onChange` is called when they have changed. */
export function followProviders(
  deps: FollowDeps & { readonly ways: WaysOut; readonly onChange: () => void },
  { config, ...started }: { readonly config: LiveConfig; readonly known: readonly KnownProvider[] },
): FollowProviders {
  const { ways, clock, log } = deps;
  let { known } = started;
  let turn: Promise<void> = Promise.resolve();
  const closing = new Set<Promise<void>>();

  const carrying = { clock, hostName: () => config.now().smtp.hostname, tokens: keptTokens(deps) };
  const retire = (provider: Provider | undefined) => {
    if (!provider) return;
    const closed: Promise<void> = provider
      .close()
      .catch((error: unknown) => log.error({ provider: provider.name, error }, 'a provider could not be closed'))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  };

  async function bringInLine(wanted: Config, adopt: () => void): Promise<void> {
    const next = await readProviders(deps, wanted);
    const before = new Map(known.map((one) => [one.name, one]));
    const opened = next
      .filter(({ name, version }) => before.get(name)?.version !== version)
      .map((one) => ({ ...one, provider: openProvider(one, carrying) }));
    adopt();
    known = next;
    for (const { name, source, provider } of opened) {
      retire(ways.put(provider));
      log.info({ provider: name, source }, before.has(name) ? 'a provider was changed' : 'a provider was added');
    }
    for (const name of before.keys()) {
      if (next.some((one) => one.name === name)) continue;
      retire(ways.remove(name));
      log.info({ provider: name }, 'a provider was removed');
    }
    deps.onChange();
  }

  return {
    reload(change) {
      // One after the other, and each for itself: a store that fails once must not end it.
      const work = () => bringInLine(change?.config ?? config.now(), change?.adopt ?? (() => undefined));
      turn = turn.then(work, work);
      return turn;
    },
    async close() {
      await turn.catch(() => undefined);
      for (const name of ways.names()) retire(ways.remove(name));
      await Promise.all(closing);
    },
  };
}

/**
 * The providers there would be with that configuration. Refuses with `bad_config` where there is none, or where one that is
 * used is not there.
 */
export async function checkedProviders(
  deps: Pick<Ground, 'store' | 'vault'>,
  config: Config,
): Promise<readonly KnownProvider[]> {
  const all = await readProviders(deps, config);
  requireProviders(
    config,
    all.map(({ name }) => name),
  );
  return all;
}
