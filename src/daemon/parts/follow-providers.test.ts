/** Ways out that follow the providers of configuration and store, and a store that fails at the wrong moment. */

import { expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { createManualClock } from '../../../test/manual-clock.ts';
import { configSchema } from '../../cli/configuration.ts';
import type { ConfigInput } from '../../config/schema.ts';
import type { Vault } from '../../core/vault.ts';
import type { StoredProvider } from '../../db/verbs/providers.ts';
import type { Store } from '../../db/verbs/store.ts';
import { declaredProviders, openProvider } from '../../manage/known-providers.ts';
import { createWaysOut } from '../../message/delivery/ways-out.ts';
import { createLiveConfig } from '../reload/live-config.ts';
import { checkedProviders, followProviders } from './follow-providers.ts';

const configOf = (document: ConfigInput) => configSchema.parse(document);
const capture = { type: 'capture' } as const;
const vault = { open: (sealed: string) => sealed } as unknown as Vault;
const made = (name: string): StoredProvider => ({
  ...{ name, type: 'null', settings: '{"type":"null"}', createdAt: 1, updatedAt: 1 },
});

function follow(providers: ConfigInput['providers']) {
  const clock = createManualClock();
  const log = heardLog();
  let rows: readonly StoredProvider[] = [];
  let failure: Error | undefined;
  const store = {
    providers: {
      async list() {
        if (failure) throw failure;
        return rows;
      },
    },
  } as unknown as Store;
  const config = createLiveConfig(configOf({ providers }));
  const known = declaredProviders(config.now());
  const ways = createWaysOut(
    { clock, onRoom: () => undefined, providers: known.map((one) => openProvider(one, { clock })) },
    { breaker: { failureRate: 1, windowMs: 1, cooldownMs: 1, minimumAttempts: 1 }, checks: false },
  );
  const deps = { store, vault, clock, log };
  const following = followProviders({ ...deps, ways, onChange: () => undefined }, { config, known });
  const types = () => Object.fromEntries(ways.all().map(({ provider: { name, type } }) => [name, type]));
  return {
    ...{ config, ways, following, types, deps, log },
    make: (...names: readonly string[]) => {
      rows = names.map(made);
    },
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

it('adds, changes and removes those of a new configuration, and leaves the others as they are', async () => {
  const { config, ways, following, types, log } = follow({ kept: capture, changed: capture, gone: capture });
  const kept = ways.get('kept');
  const next = configOf({ providers: { kept: capture, changed: { ...capture, maxPerSecond: 5 }, added: capture } });
  await following.reload({ config: next, adopt: () => config.change(next) });
  expect(types()).toEqual({ kept: 'capture', changed: 'capture', added: 'capture' });
  expect(ways.get('kept')).toBe(kept);
  expect(ways.get('changed')?.provider.maxPerSecond).toBe(5);
  expect(log.lines.map(({ message, fields }) => `${fields.provider}: ${message}`)).toEqual([
    ...['changed: a provider was changed', 'added: a provider was added', 'gone: a provider was removed'],
  ]);
  await following.close();
});

it('lets the configuration win over the store, and gives the name back', async () => {
  const { config, following, types, make } = follow({ relay: capture });
  make('relay', 'other');
  await following.reload();
  expect(types()).toEqual({ relay: 'capture', other: 'null' });
  const next = configOf({});
  await following.reload({ config: next, adopt: () => config.change(next) });
  expect(types()).toEqual({ relay: 'null', other: 'null' });
});

it('changes nothing where the store fails, and goes on once it answers', async () => {
  const { config, following, types, fail } = follow({ relay: capture });
  fail(new Error('the disk is away'));
  const next = configOf({ providers: { another: capture } });
  const change = { config: next, adopt: () => config.change(next) };
  await expect(following.reload(change)).rejects.toThrow('the disk is away');
  expect(types()).toEqual({ relay: 'capture' });
  expect(Object.keys(config.now().providers)).toEqual(['relay']);
  fail(undefined);
  await following.reload(change);
  expect(types()).toEqual({ another: 'capture' });
});

it('refuses a configuration without providers, or with names of none; those of the store count', async () => {
  const { deps, make } = follow({ relay: capture });
  const refused = { code: 'bad_config' };
  const routed = configOf({ routing: { primary: 'made' } });
  await expect(checkedProviders(deps, routed)).rejects.toMatchObject(refused);
  make('other');
  await expect(checkedProviders(deps, routed)).rejects.toMatchObject({ errors: [{ path: 'routing.primary' }] });
  make('made');
  expect(await checkedProviders(deps, routed)).toMatchObject([{ name: 'made', source: 'store' }]);
});
