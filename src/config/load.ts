/** Finds the configuration, puts the environment over it, checks it, and refuses what is wrong by file and key. */

import { readFileSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { errorText } from '../core/error-text.ts';
import { type FieldError, IepError } from '../core/errors.ts';
import { isRecord } from '../core/is-record.ts';
import { schemaWords } from '../core/schema-words.ts';
import { type Environment, overlay } from './environment.ts';
import { codeOf, defaultFile, type WorkingDirectory } from './find-file.ts';
import { type Key, keyAt, keysOf } from './keys.ts';
import { NO_VARIABLE, resolveValues } from './resolve.ts';
import { type Config, type ConfigInput, type ConfigSchema, contradictions } from './schema.ts';
import { type Origin, type OriginOf, originOf, variableFor } from './settings.ts';
import { strangeVariables, withoutInjected } from './variables.ts';
import { parseYaml } from './yaml.ts';

/**
 * `--dev` without a file: mail is kept where it can be read, and this machine may send over SMTP without a login and be told
 * by webhooks.
 */
const devDocument = (settings: LoadOptions['devProvider']): ConfigInput => ({
  providers: { capture: { type: 'capture', ...settings } },
  routing: { primary: 'capture' },
  smtp: {
    trustedNetworks: [
      { cidr: '127.0.0.0/8', tenant: 'default' },
      { cidr: '::1/128', tenant: 'default' },
    ],
  },
  webhooks: { allowNetworks: ['127.0.0.0/8', '::1/128'] },
});

export interface LoadOptions {
  /** `--config`. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** `--dev`: reads only a file that was named, so that a config of this machine is never taken by accident. */
  readonly dev?: boolean;
  /** What stands in place of a file, by an option of the command such as `--lfx`. No file is looked for. */
  readonly instead?: { readonly document: ConfigInput; readonly option: string } | undefined;
  /** With `dev`, settings of its provider besides its type. */
  readonly devProvider?: Readonly<Record<string, unknown>> | undefined;
  /** For a caller that delivers nothing: a variable that `providers` and `feedback` name may be in the daemon's environment alone. */
  readonly withoutSecrets?: boolean;
  /** What relative paths are relative to where no file says otherwise; empty: the working directory, which is asked for only then. */
  readonly cwd?: string;
  readonly workingDirectory?: WorkingDirectory | undefined;
  /** Variables of `env` that options of the command stand behind, each with its option: `IEP_HTTP_PORT`, `--http-port`. */
  readonly said?: ReadonlyMap<string, string>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file it came from; undefined when there is none. */
  readonly file: string | undefined;
  /** Files that values were read from (`file:PATH`), by key: `http.tls.cert`. */
  readonly files: ReadonlyMap<string, string>;
  /** The file of the working directory that was passed over, and why. */
  readonly passedOver?: string;
  /** Of what is right as it is written and may not be what was meant. */
  readonly warnings: readonly string[];
  /** Absent where nothing was read. */
  readonly originOf?: OriginOf;
}

/** Reads configurations of one schema. */
export interface ConfigReader {
  /**
   * Throws `bad_config`, or `config_not_readable` where this user may not read it. Paths in the result are absolute; those of
   * a file are relative to where the file is.
   */
  loadConfig(options: LoadOptions): LoadedConfig;
  /** The document as a configuration. */
  checkConfig(input: CheckInput): Config;
}

/** The schema, and its keys. */
interface Form {
  readonly schema: ConfigSchema;
  readonly root: Key;
}

export function createConfigReader(schema: ConfigSchema): ConfigReader {
  const form = { schema, root: keysOf(schema) };
  return { loadConfig: (options) => loadConfig(options, form), checkConfig: (input) => checkConfig(input, form) };
}

function loadConfig(options: LoadOptions, form: Form): LoadedConfig {
  const { env, dev = false, cwd = '', withoutSecrets = false, workingDirectory, instead } = options;
  const named = instead === undefined ? (options.file ?? env.IEP_CONFIG) : undefined;
  const found = named
    ? { file: resolvePath(cwd, named) }
    : dev || instead !== undefined
      ? { file: undefined }
      : defaultFile(cwd, workingDirectory);
  const { file } = found;
  const document =
    file !== undefined ? readYaml(file) : (instead?.document ?? (dev ? devDocument(options.devProvider) : {}));
  const directory = file === undefined ? cwd : dirname(file);
  const files = new Map<string, string>();
  const cameFrom = (path: string, from: string) => void files.set(path, from);
  const source = file ?? 'The environment';
  const { errors, warnings } = strangeVariables(document, form.root, env);
  if (errors.length > 0) throw refuse('The environment', errors);
  const config = checkConfig({ document, env, directory, source, cameFrom, withoutSecrets }, form);
  const origin: Origin =
    file === undefined ? { source: 'command', from: instead?.option ?? '--dev' } : { source: 'file', from: file };
  const read = { document, origin, env: withoutInjected(env), said: options.said ?? new Map(), root: form.root };
  return {
    ...{ ...found, config: { ...config, dataDir: resolvePath(directory, config.dataDir) }, files, warnings },
    originOf: originOf(read),
  };
}

/** No key is named where the file cannot be taken apart. */
const FORM = { hint: 'Correct the file there; `iep config example` shows the form.' };

function readYaml(file: string): unknown {
  const text = readText(file);
  let document: unknown;
  try {
    document = parseYaml(text) ?? {};
  } catch (cause) {
    throw new IepError('bad_config', `${file} ${errorText(cause)}`, { cause, extra: FORM });
  }
  if (isRecord(document)) return document;
  throw refuse(
    file,
    [{ path: '', message: 'The file must hold keys with values, such as "dataDir: /var/lib/iep"' }],
    FORM,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = codeOf(cause);
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    if (isForbidden) throw new IepError('config_not_readable', `${file} cannot be read (${code})`, { cause });
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new IepError(
      'config_missing',
      isMissing ? `The file ${file} does not exist` : `${file} cannot be read (${code})`,
      {
        cause,
      },
    );
  }
}

interface CheckInput {
  readonly document: unknown;
  readonly env: Environment;
  readonly directory: string;
  /** Names it in the refusal. */
  readonly source: string;
  readonly cameFrom?: (path: string, file: string) => void;
  readonly withoutSecrets?: boolean;
}

function checkConfig(input: CheckInput, { schema, root }: Form): Config {
  const errors: FieldError[] = [];
  const over = overlay(input.document, root, withoutInjected(input.env));
  const sources = {
    ...{ env: input.env, directory: input.directory },
    ...(input.cameFrom && { cameFrom: input.cameFrom }),
    mayLack: ([section]: readonly string[], value: string) =>
      section === 'profiles' ||
      (input.withoutSecrets === true && ['providers', 'feedback'].includes(section ?? '') && value.startsWith('env:')),
  };
  const resolved = resolveValues(over, { key: root, path: [] }, sources, errors);
  const refused = (faults: readonly FieldError[]) =>
    refuseBySource(input.source, faults, { root, env: withoutInjected(input.env) });
  if (errors.length > 0) throw refused(errors);
  const parsed = schema.safeParse(resolved, { error: schemaWords });
  if (!parsed.success) throw refused(parsed.error.issues.flatMap((issue) => toFieldErrors(issue, root)));
  const contradicting = contradictions(parsed.data);
  if (contradicting.length > 0) throw refused(contradicting);
  return parsed.data;
}

function refuse(source: string, errors: readonly FieldError[], more: { readonly hint?: string } = {}): IepError {
  const hint = more.hint ?? (errors.every(isMissingVariable) ? MISSING_VARIABLE : undefined);
  return new IepError('bad_config', `${source}: ${linesOf(errors)}`, {
    errors,
    extra: { source, ...(hint !== undefined && { hint }) },
  });
}

const MISSING_VARIABLE =
  'Set the variable where this runs, such as in the EnvironmentFile of the service; or name a file: `file:PATH`.';

function isMissingVariable({ message }: FieldError): boolean {
  return message.startsWith(NO_VARIABLE);
}

function linesOf(errors: readonly FieldError[]): string {
  return errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** What variables say of which keys. */
interface Said {
  readonly root: Key;
  readonly env: Environment;
}

/** What a variable says wrongly is told of the variable, and the file is not blamed for it. */
function refuseBySource(source: string, faults: readonly FieldError[], said: Said): IepError {
  const told = faults.map((fault) => ofVariable(fault, said));
  const errors = faults.map((fault, index) => told[index] ?? fault);
  const ofEnvironment = told.filter((error) => error !== undefined);
  const ofSource = errors.filter((error) => !ofEnvironment.includes(error));
  if (ofSource.length === 0) return refuse('The environment', errors);
  if (ofEnvironment.length === 0) return refuse(source, errors);
  const text = `${source}: ${linesOf(ofSource)}; the environment: ${linesOf(ofEnvironment)}`;
  return new IepError('bad_config', text, { errors, extra: { source } });
}

/** Undefined where no variable gave the value. */
function ofVariable({ path, message }: FieldError, said: Said): FieldError | undefined {
  const names = path.split('.');
  const given = variableFor(names, said);
  if (given === undefined) return undefined;
  const inner = names.slice(given.depth).join('.');
  if (inner !== '') return { path: given.variable, message: `${inner}: ${message}` };
  return { path: given.variable, message: message + (FORMS[given.key.kind] ?? '') };
}

/** What a variable looks like that is more than one value. */
const FORMS: Readonly<Partial<Record<Key['kind'], string>>> = {
  list: ", written as YAML: '[first, second]'",
  named: ", written as YAML: '{ name: value }'",
};

function toFieldErrors(issue: z.core.$ZodIssue, root: Key): readonly FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((name) => ({
    path: [...path, name].join('.'),
    message: unknownKey(name, keyAt(root, issue.path)),
  }));
}

/** Names the nearest key of the same group, unless nothing there resembles it. */
function unknownKey(name: string, group: Key | undefined): string {
  const known = group?.kind === 'group' ? Object.keys(group.keys) : [];
  const nearest = known.length > 0 ? closest(name, known) : undefined;
  const resembles = nearest !== undefined && distance(name, nearest) <= Math.max(2, name.length / 2);
  return resembles
    ? `IEP has no such key; did you mean "${nearest}"?`
    : `IEP has no such key; known: ${known.join(', ')}`;
}
