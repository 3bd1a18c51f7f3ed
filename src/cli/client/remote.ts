/**
 * The daemon that a command talks to, where one is meant: by option, then by environment, then by the profile `default` of
 * the configuration. Otherwise the command works on the local store.
 */

import type { LoadedConfig } from '../../config/load.ts';
import { plainConfig } from '../../config/plain.ts';
import { isDirectoryGone } from '../../config/working-directory.ts';
import { IepError } from '../../core/errors.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';
import type { Entering } from './enter-data-dir.ts';

/** `tenant`: what the calls are about, where it is named. */
export type Target = { readonly tenant: string | undefined } & (
  | { readonly kind: 'remote'; readonly url: string; readonly apiKey: string | undefined }
  | { readonly kind: 'local'; readonly loaded: LoadedConfig }
  /** The configuration may not be read by this user, or its directory is gone; the daemon of this machine may be there all the same. */
  | { readonly kind: 'unreadable'; readonly why: unknown }
);

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
export async function findTarget(shell: Shell, globals: Globals, entering: Entering): Promise<Target> {
  const said = saidRemote(shell, globals);
  const tenant = globals.tenant ?? (shell.env.IEP_TENANT || undefined);
  if (said !== undefined && 'url' in said) {
    return { kind: 'remote', url: said.url, apiKey: globals.apiKey ?? shell.env.IEP_API_KEY, tenant };
  }
  const isMail = entering.purpose === 'submit';
  let loaded: LoadedConfig;
  try {
    loaded = await configOf(shell, globals, entering);
  } catch (error) {
    const isNamed = globals.config !== undefined || Boolean(shell.env.IEP_CONFIG);
    if (isDirectoryGone(error) && said === undefined && !isNamed && !shell.env.IEP_DATADIR) {
      return { kind: 'unreadable', tenant, why: error };
    }
    if (!isMail || said !== undefined || !(error instanceof IepError)) throw error;
    if (isNamed && error.code !== 'config_not_readable') throw error;
    return { kind: 'unreadable', tenant, why: whyNoMail(error) };
  }
  const { config, file } = loaded;
  const name = said?.profile ?? DEFAULT;
  const found = config.profiles[name];
  if (found === undefined) {
    if (said === undefined)
      return { kind: 'local', loaded, tenant: tenant ?? (isMail ? config.sendmail.tenant : undefined) };
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

/** Where nothing says how it should be, nothing is loaded to read it. */
async function configOf(
  shell: Shell,
  globals: Globals,
  { workingDirectory }: Pick<Entering, 'workingDirectory'>,
): Promise<LoadedConfig> {
  const plain = plainConfig({ file: globals.config, env: shell.env, workingDirectory });
  if (plain !== undefined) return plain;
  const { readStoreConfig } = await import('./read-config.ts');
  return readStoreConfig(shell, globals, { workingDirectory });
}

/** Mail may be tried again later: one person starts the daemon, another sends. */
function whyNoMail(error: IepError): Error {
  if (error.code !== 'config_not_readable') return error;
  return new Complaint(
    75,
    `no daemon takes mail here, and this user may not use the configuration: ${error.message}`,
    'Nothing was stored. Run it as a user who may read the configuration, name a daemon (IEP_URL), or have its owner set `local.submit` to a socket in a directory that you may enter, such as /run/iep/submit.sock.',
  );
}
