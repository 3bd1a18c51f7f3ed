/** The providers there are: those of the configuration, which win, and those that were made by command. */

import * as z from 'zod';
import type { Config } from '../config/schema.ts';
import { parseBody } from '../core/check-input.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { ProviderSettings } from '../core/provider-settings.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { routeOf } from '../message/delivery/route.ts';
import { createProvider, providerSchema } from '../message/providers/index.ts';
import type { Provider } from '../message/providers/provider.ts';
import type { TypeDeps } from '../message/providers/type.ts';
import { createUnusableProvider } from '../message/providers/unusable.ts';

export interface KnownProvider {
  readonly name: string;
  readonly type: string;
  readonly source: 'config' | 'store';
  /** Absent where `problem` says why. */
  readonly settings?: ProviderSettings;
  readonly problem?: string;
  /** Differs whenever the settings do. */
  readonly version: string;
  readonly createdAt?: number;
  readonly updatedAt?: number;
}

/** Its name, and those that it had before. */
export function namesOf({ name, settings }: Pick<KnownProvider, 'name' | 'settings'>): readonly string[] {
  return [name, ...(settings?.formerNames ?? [])];
}

/** The context that a provider's settings are sealed for. */
export function settingsContext(name: string): string {
  return `provider:${name}`;
}

export async function readProviders(
  { store, vault }: { readonly store: StorePart<'providers.list'>; readonly vault: Vault },
  { providers }: Pick<Config, 'providers'>,
): Promise<readonly KnownProvider[]> {
  const made = (await store.providers.list())
    .filter(({ name }) => !Object.hasOwn(providers, name))
    .map(({ name, type, settings: sealed, createdAt, updatedAt }) => ({
      ...{ name, type, source: 'store' as const, version: sealed, createdAt, updatedAt },
      ...unsealed(vault, name, sealed),
    }));
  return [...declaredProviders({ providers }), ...made];
}

/** Those of the configuration. */
export function declaredProviders({ providers }: Pick<Config, 'providers'>): readonly KnownProvider[] {
  return Object.entries(providers).map(([name, settings]) => ({
    ...{ name, settings, type: settings.type, source: 'config', version: `config:${JSON.stringify(settings)}` },
  }));
}

/** The names that a tenant's mail is tried with, in order. */
export function routeOfTenant(
  { id, settings }: Pick<Tenant, 'id' | 'settings'>,
  { routing }: Config,
): readonly string[] {
  return routeOf({ message: { id }, tenant: settings, routing })?.names ?? [];
}

/** Connects to nothing yet. */
export function openProvider(known: KnownProvider, deps: TypeDeps): Provider {
  const { name, type, settings, problem = 'its settings cannot be used' } = known;
  return settings === undefined
    ? createUnusableProvider(name, { type, why: problem })
    : createProvider(name, settings, deps);
}

const settingsBody = z.strictObject({ settings: providerSchema });

/** Refuses with `invalid_request`, naming the settings that are wrong. */
export function parseProvider(name: string, settings: unknown): ProviderSettings {
  const parsed = parseBody(settingsBody, { settings }).settings;
  try {
    void createProvider(name, parsed, { clock: idle }).close();
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    throw new IepError('invalid_request', error.message, { errors: [{ path: 'settings', message: error.message }] });
  }
  return parsed;
}

/** For a provider that is made to see whether it can be. */
export const idle: Clock = { now: () => 0, monotonic: () => 0, after: () => () => undefined };

/** A secret that cannot be opened, or settings that an older version took, must not keep the others from starting. */
function unsealed(vault: Vault, name: string, sealed: string): Pick<KnownProvider, 'settings' | 'problem'> {
  try {
    return { settings: parseProvider(name, JSON.parse(vault.open(sealed, settingsContext(name)))) };
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    return { problem: error.message };
  }
}
