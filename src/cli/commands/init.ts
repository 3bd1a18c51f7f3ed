/** `iep init`: everything a first run needs. What is there already is kept as it is. */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { inlineYaml } from '../../config/inline-yaml.ts';
import { writeWhole } from '../../db/datadir/aside.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { givenKeys } from '../../db/datadir/master-key.ts';
import { withClient } from '../client/client.ts';
import { requireLocal } from '../client/local-only.ts';
import { readConfig } from '../client/read-config.ts';
import type { ListJson, NewKeyJson, ProviderTestJson, TenantJson } from '../client/wire.ts';
import { Complaint } from '../failure.ts';
import { unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import {
  addSettings,
  type ConfiguredProvider,
  configured,
  kindNamed,
  type SettingOptions,
} from '../provider-settings.ts';
import type { Shell } from '../shell.ts';
import { testLine, testOf } from './provider.ts';

interface InitOptions extends SettingOptions {
  readonly provider?: string;
}

/** A provider of the configuration that is made. */
interface Made extends ConfiguredProvider {
  readonly name: string;
}

interface Done {
  readonly config: string;
  readonly dataDir: string;
  /** Null where there was one already. */
  readonly tenant: string | null;
  readonly key: string | null;
  /** Of the provider that was given, where its secrets are here. */
  readonly test?: ProviderTestJson;
}

export function init(command: Command, shell: Shell): void {
  command.option('--provider <type>', 'what mail leaves by');
  addSettings(command)
    .addHelpText(
      'after',
      `
Makes iep.config.yaml (or the file of --config), the data directory, the master key, and the first tenant
("default", or the one of --tenant) with a key. Nothing that exists is changed, so it may be run again.

Mail is kept and not sent until there is a provider: --provider takes a type, or a service that is known, and the
options that it has in \`iep provider add\`. A secret that no file is given for is to be in a variable of the environment.

Examples:
  $ iep init
  $ iep init --provider sendgrid --api-key-file /etc/iep/sendgrid.key
  $ iep init --provider smtp --host smtp.example.com --username iep
  $ iep --config /etc/iep/iep.config.yaml init --tenant shop
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<InitOptions>();
      requireLocal(shell, options, 'init');
      const file = wholePath(options.config ?? (shell.env.IEP_CONFIG || 'iep.config.yaml'));
      const provider = givenProvider(shell, file, options);
      const madeConfig = await writeConfig(file, provider);
      const { dataDir } = readConfig(shell, { ...options, config: file }, { withoutSecrets: true }).config;
      const hadKey = existsSync(dataDirectory(dataDir).masterKey);
      const first = await firstTenant(shell, { ...options, config: file });
      const isWhole = provider !== undefined && provider.variables.length === 0;
      const test = isWhole ? await tested(shell, { ...options, config: file }, provider.name) : undefined;
      const done: Done = { config: file, dataDir, ...first, ...(test && { test }) };
      if (options.json === true) return printJson(shell, done);
      const said = (made: boolean) => (made ? 'made' : 'kept');
      print(shell, `config      ${file} (${said(madeConfig)})`);
      print(shell, `data        ${dataDir} (${said(!hadKey)})`);
      const given = givenKeys(shell.env);
      const where = given === undefined ? dataDirectory(dataDir).masterKey : `from the ${given.source}`;
      const how = given === undefined ? said(!hadKey) : 'given';
      print(shell, `master key  ${where} (${how}; without it secrets are lost)`);
      print(shell, done.tenant === null ? 'tenant      kept' : `tenant      ${done.tenant} (made)`);
      if (done.key !== null) print(shell, `API key     ${done.key} (shown this once)`);
      if (provider !== undefined && test !== undefined) print(shell, `provider    ${testLine(provider.name, test)}`);
      print(shell, `\nNext: ${nextSteps(file, { provider, isMade: madeConfig })}`);
    });
}

/** Undefined where none is given. Throws before anything is made where it could not be used. */
function givenProvider(shell: Shell, file: string, options: InitOptions): Made | undefined {
  const { provider: word } = options;
  if (word === undefined) return undefined;
  if (existsSync(file)) {
    throw new Complaint(
      64,
      `${file} is there already, and is not changed`,
      'Add the provider with `iep provider add`.',
    );
  }
  // The name is for people to read in commands and logs: `smtp` says little of where mail goes.
  const name = word === 'smtp' ? 'relay' : word;
  return { name, ...configured(shell, name, { ...options, ...kindNamed(word) }) };
}

function nextSteps(file: string, { provider, isMade }: { provider: Made | undefined; isMade: boolean }): string {
  if (!isMade) return 'iep doctor; iep serve';
  const first = provider === undefined ? `put your provider into ${file}, then: ` : variablesToSet(provider);
  return `${first}iep doctor; iep serve`;
}

function variablesToSet({ variables }: Made): string {
  return variables.length === 0 ? '' : `set ${variables.join(' and ')} in the environment, then: `;
}

function tested(shell: Shell, globals: Globals, name: string): Promise<ProviderTestJson> {
  return withClient({ shell, globals, purpose: 'write' }, (client) => testOf(client, name, {}));
}

/** True when it was made. Only its owner may read it: providers' passwords go there. */
async function writeConfig(file: string, provider: Made | undefined): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    return !existsSync(file) && writeWhole(file, configText(provider), { mode: 0o600 });
  } catch (error) {
    throw unwritable(file, error, 'Name a file you may write: --config FILE.', 77);
  }
}

async function firstTenant(shell: Shell, options: Globals): Promise<Pick<Done, 'tenant' | 'key'>> {
  const { tenant: slug = 'default', ...others } = options;
  return withClient({ shell, globals: others, purpose: 'write' }, async (client) => {
    const { items } = await client.json<ListJson<TenantJson>>('GET', '/v1/admin/tenants');
    if (items.length > 0) return { tenant: null, key: null };
    await client.call('POST', '/v1/admin/tenants', { json: { slug, settings: { anySender: true } } });
    const { key } = await client.json<NewKeyJson>('POST', '/v1/admin/keys', {
      json: { tenant: slug, scopes: ['send', 'read', 'admin'], name: 'first key' },
    });
    return { tenant: slug, key };
  });
}

function configText(provider: Made | undefined): string {
  return `# IEP's configuration. \`iep config example\` prints every key with its default.
dataDir: ./iep-data

http: { host: 127.0.0.1, port: 3000 }
smtp: { host: 127.0.0.1, port: 2525 }

${provider === undefined ? CAPTURE : waysOut(provider)}`;
}

function waysOut({ name, settings }: Made): string {
  return `# Ways out.\nproviders:\n  ${name}: ${inlineYaml(settings)}\n\nrouting: { primary: ${name} }\n`;
}

const CAPTURE = `# Ways out. \`capture\` keeps mail instead of sending it: put your provider here, and its name under routing.
providers:
  capture: { type: capture }
  # relay: { type: smtp, host: smtp.example.com, port: 587, username: user, password: env:RELAY_PASSWORD }

routing: { primary: capture }
`;
