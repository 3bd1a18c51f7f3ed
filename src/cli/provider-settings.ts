/** The settings of a provider on the command line: a flag for each that its type names, and `--set` for the others. */

import type { Command } from 'commander';
import type * as z from 'zod';
import { keyAt, keysOf } from '../config/keys.ts';
import { resolveValues } from '../config/resolve.ts';
import { parseBody } from '../core/check-input.ts';
import { systemClock } from '../core/clock.ts';
import { type FieldError, fieldErrorText, IepError } from '../core/errors.ts';
import { isSecretName } from '../core/secret-names.ts';
import {
  createProvider,
  providerFlags,
  providerSchema,
  providerTypes,
  secretNames,
  secretsOf,
  settingsNamed,
  settingsNames,
} from '../message/providers/index.ts';
import { Complaint } from './failure.ts';
import { readNamedFile, wholePath } from './files.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';
import { assignment } from './values.ts';

/** Beside these, what the flags of the settings say: by the setting, or by its file where it is a secret. */
export interface SettingOptions extends Globals {
  readonly type?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
}

export interface ConfiguredProvider {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the environment, which have to be set. */
  readonly variables: readonly string[];
}

/** `option`: as commander calls it, in which a secret is named by its file. */
const flags = Object.entries(providerFlags).map(([setting, flag]) => {
  const isSecret = holdsSecret(setting);
  const name = setting.replaceAll(/\.[a-z]/g, (letter) => letter.charAt(1).toUpperCase());
  const option = isSecret ? `${name}File` : name;
  const word = `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return { ...flag, setting, isSecret, option, word, types: typesOf(setting) };
});

/** Whether it is a secret, or a group of settings with one among them. */
function holdsSecret(setting: string): boolean {
  return secretNames.some((secret) => secret === setting || secret.startsWith(`${setting}.`));
}

/** The types that have it; empty where most do. */
function typesOf(setting: string): string {
  const types = providerTypes.filter(({ flags: own }) => Object.hasOwn(own, setting)).map(({ type }) => type);
  return types.length > 4 || types.length === 0 ? '' : types.join(', ');
}

export function addSettings(command: Command): Command {
  for (const { word, value, help, types } of flags) {
    command.option(`${word} <${value}>`, types === '' ? help : `${help} (${types})`);
  }
  return command.option(
    '--set <key=value>',
    'any other setting, by its name in the configuration; may be repeated',
    assignment,
  );
}

/** What a word stands for where it is asked for a type: a type, or a service that is known. */
export function kindNamed(word: string): { readonly type: string; readonly preset?: string } {
  const kind = settingsNamed(word);
  if (kind !== undefined) return kind;
  throw new Complaint(64, `no type of provider is called ${word}`, `These are known: ${settingsNames.join(', ')}.`);
}

/** With the type that the flags stand for, or else the name. */
export function withType<T extends SettingOptions>(options: T, name: string): T {
  const { type, preset, host } = options as {
    readonly type?: string;
    readonly preset?: string;
    readonly host?: string;
  };
  if (type !== undefined) return options;
  return { ...options, ...((preset ?? host) ? { type: 'smtp' } : kindNamed(name)) };
}

/** The settings given, as the configuration would read them: a value may be `env:NAME` or `file:PATH`. */
export async function settingsOf(shell: Shell, options: SettingOptions): Promise<Record<string, unknown>> {
  const { document, secretFiles } = given(options);
  const secrets: [string, unknown][] = [];
  for (const [setting, file] of secretFiles) {
    const text = (await readNamedFile(shell, file)).toString('utf8').replace(/\r?\n$/, '');
    secrets.push([setting, secretNames.includes(setting) ? text : jsonOf(text, file)]);
  }
  return nested(secrets, resolved(shell, document));
}

/** A key file, which holds a group of settings. */
function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Complaint(65, `${file} is not JSON`, 'Give the key file as it was made.');
  }
}

/**
 * The same as the configuration has it: secrets by where they stand. One that is not given and that the type cannot do without
 * is to be in a variable of the environment, called after the provider. Throws the refusal `invalid_request`.
 */
export function configured(shell: Shell, name: string, options: SettingOptions): ConfiguredProvider {
  const { document, secretFiles } = given(options);
  const files = secretFiles.map(([key, file]) => [key, `file:${wholePath(file)}`] as const);
  const settings = nested(files, document);
  const values = resolved(shell, settings);
  const withSecrets = (secrets: readonly (readonly [string, string])[]) => nested(secrets, structuredClone(values));
  const faultsWith = (secrets: readonly (readonly [string, string])[]) => faultsOf(name, withSecrets(secrets));
  const missing: [secret: string, variable: string][] = [];
  for (const secret of secretsOf(options.type ?? '')) {
    const variable = `${name}_${secret}`
      .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
      .replaceAll(/\W+/g, '_')
      .toUpperCase();
    // One after the other: a password makes up for the secret of OAuth2.
    const isNeeded =
      at(settings, secret) === undefined && faultsWith([...missing, [secret, variable]]) < faultsWith(missing);
    if (isNeeded) missing.push([secret, variable]);
  }
  try {
    usable(name, parseBody(providerSchema, withSecrets(missing)));
  } catch (error) {
    throw inFlags(error);
  }
  const named = missing.map(([secret, variable]): [string, string] => [secret, `env:${variable}`]);
  return {
    settings: nested(named, settings),
    variables: missing.map(([, variable]) => variable),
  };
}

/** How many settings are wrong; those that are right one by one may still not go together, which is less than one. */
function faultsOf(name: string, settings: Readonly<Record<string, unknown>>): number {
  const { data, error } = providerSchema.safeParse(settings);
  if (error) return error.issues.length;
  try {
    usable(name, data);
    return 0;
  } catch {
    return 0.5;
  }
}

/** Throws the refusal `invalid_request` where they contradict each other. */
function usable(name: string, settings: z.output<typeof providerSchema>): void {
  try {
    createProvider(name, settings, { clock: systemClock });
  } catch (cause) {
    throw new IepError('invalid_request', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Before the path of a setting, where it is part of a request. */
const WITHIN = 'settings.';

/** A refusal with the flags of the settings that it is about, where they have one. */
export function inFlags(error: unknown): unknown {
  if (!(error instanceof IepError) || error.errors === undefined) return error;
  const errors = error.errors.map((fault) => {
    const setting = fault.path.startsWith(WITHIN) ? fault.path.slice(WITHIN.length) : fault.path;
    return { ...fault, path: flags.find((flag) => flag.setting === setting)?.word ?? fault.path };
  });
  return new IepError(error.code, errors.map(fieldErrorText).join('; '), {
    errors,
    extra: { ...error.extra, hint: 'Correct what is named.' },
  });
}

/** Whether a secret is among the settings that mail is handed over with; what callbacks are proved by is none of these. */
export function changesLogin(settings: Readonly<Record<string, unknown>>): boolean {
  return secretNames.some((path) => !path.startsWith('webhook') && at(settings, path) !== undefined);
}

function at(settings: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((group, name) => (group as Readonly<Record<string, unknown>> | undefined)?.[name], settings);
}

function given(options: SettingOptions) {
  refuseBareSecrets(options.set ?? {});
  const said = flags.flatMap((flag) => {
    const value = (options as Readonly<Record<string, unknown>>)[flag.option];
    return typeof value === 'string' ? [{ ...flag, value }] : [];
  });
  const pairs = (ofSecrets: boolean) =>
    said.filter(({ isSecret }) => isSecret === ofSecrets).map(({ setting, value }) => [setting, value] as const);
  const { type } = options;
  const document = nested([
    ...(type === undefined ? [] : [['type', type] as const]),
    ...[...pairs(false), ...Object.entries(options.set ?? {})].map(
      ([name, value]) => [name, inWords(name, value)] as const,
    ),
    ...(options.unset ?? []).map((name) => [name, null] as const),
  ]);
  return { document, secretFiles: pairs(true) };
}

/** How YAML's lists begin, and what stands elsewhere. */
const NO_WORDS = ['[', '-', 'env:', 'file:'];

/** `a,b` where a setting takes a list of texts, as options of tenants are given; one that is written as YAML is read as that. */
function inWords(path: string, value: unknown): unknown {
  const key = keyAt(keysOf(providerSchema), path.split('.'));
  const takesWords = key?.kind === 'list' && key.each.kind === 'scalar';
  if (!takesWords || typeof value !== 'string' || NO_WORDS.some((mark) => value.startsWith(mark))) return value;
  return value.split(',').map((one) => one.trim());
}

function resolved(shell: Shell, document: Record<string, unknown>): Record<string, unknown> {
  const errors: FieldError[] = [];
  const sources = { env: shell.env, directory: '' };
  const values = resolveValues(document, { key: keysOf(providerSchema), path: [] }, sources, errors);
  const [first] = errors;
  if (first) throw new Complaint(64, `${first.path}: ${first.message}`, 'A value may be `env:NAME` or `file:PATH`.');
  return values as Record<string, unknown>;
}

/** `oauth2.scope` is the setting `scope` of the group `oauth2`. */
function nested(
  settings: readonly (readonly [path: string, value: unknown])[],
  all: Record<string, unknown> = {},
): Record<string, unknown> {
  for (const [path, value] of settings) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let group = all;
    for (const name of names) {
      if (!Object.hasOwn(group, name) || typeof group[name] !== 'object') group[name] = {};
      group = group[name] as Record<string, unknown>;
    }
    group[last] = value;
  }
  return all;
}

/** Other users of the machine see a command line, and the shell keeps it. */
function refuseBareSecrets(set: Readonly<Record<string, string>>): void {
  const isSecret = (name: string) => isSecretName(name) || holdsSecret(name);
  const bare = Object.keys(set).find((name) => isSecret(name) && !/^(?:env|file):/.test(set[name] ?? ''));
  if (bare === undefined) return;
  throw new Complaint(
    64,
    `--set ${bare} would show a secret to everybody who lists processes`,
    `--set ${bare}=file:PATH`,
  );
}
