/**
 * The daemon that a command talks to, where one is meant: by option, then by environment, then by the profile `default` of
 * the configuration. Otherwise the command works on the local store.
 */

import type { LoadedConfig } from '../config/load.ts';
import { Complaint } from './failure.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';

export type Place =
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly apiKey: string | undefined;
      readonly tenant: string | undefined;
    }
  | { readonly kind: 'local'; readonly loaded: LoadedConfig };

/** The profile that is taken where nothing names a daemon. */
const DEFAULT = 'default';

/** What a caller said that names a daemon; undefined where nothing did. */
export function saidRemote(shell: Shell, { url, profile }: Globals): { url: string } | { profile: string } | undefined {
  const { IEP_URL, IEP_PROFILE } = shell.env;
  if (url !== undefined) return { url };
  if (profile !== undefined) return { profile };
  if (IEP_URL) return { url: IEP_URL };
  return IEP_PROFILE ? { profile: IEP_PROFILE } : undefined;
}

/** Refuses a profile that the configuration does not have, or whose key cannot be had here. */
export async function findPlace(shell: Shell, globals: Globals): Promise<Place> {
  const said = saidRemote(shell, globals);
  const { tenant } = globals;
  if (said !== undefined && 'url' in said) {
    return { kind: 'remote', url: said.url, apiKey: globals.apiKey ?? shell.env.IEP_API_KEY, tenant };
  }
  const { readStoreConfig } = await import('./local-store.ts');
  const loaded = readStoreConfig(shell, globals);
  const { config, file } = loaded;
  const name = said?.profile ?? DEFAULT;
  const found = config.profiles[name];
  if (found === undefined) {
    if (said === undefined) return { kind: 'local', loaded };
    const known = Object.keys(config.profiles);
    throw new Complaint(
      78,
      `${file ?? 'the configuration'} has no profile "${name}"`,
      known.length > 0 ? `It has: ${known.join(', ')}.` : `Put one under profiles: { ${name}: { url: http://… } }.`,
    );
  }
  const apiKey = globals.apiKey ?? found.apiKey ?? shell.env.IEP_API_KEY;
  // As the configuration has it where the variable or file that it names is not there for this user.
  if (apiKey !== undefined && /^(env|file):/.test(apiKey)) {
    throw new Complaint(
      78,
      `profiles.${name}.apiKey: ${apiKey} cannot be read here`,
      'Give it, or another: --api-key.',
    );
  }
  return { kind: 'remote', url: found.url, apiKey, tenant: tenant ?? found.tenant };
}
