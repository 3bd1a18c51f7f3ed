/** `iep init`: everything a first run needs. What is there already is kept as it is. */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { givenKeys } from '../../db/datadir/master-key.ts';
import { writeWhole } from '../../db/sqlite/aside.ts';
import { withClient } from '../client/client.ts';
import { requireLocal } from '../client/local-only.ts';
import { readConfig } from '../client/read-config.ts';
import type { ListJson, NewKeyJson, TenantJson } from '../client/wire.ts';
import { unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

interface Done {
  readonly config: string;
  readonly dataDir: string;
  /** Null where there was one already. */
  readonly tenant: string | null;
  readonly key: string | null;
}

export function init(command: Command, shell: Shell): void {
  command
    .addHelpText(
      'after',
      `
Makes iep.config.yaml (or the file of --config), the data directory, the master key, and the first tenant
("default", or the one of --tenant) with a key. Nothing that exists is changed, so it may be run again.

Examples:
  $ iep init
  $ iep --config /etc/iep/iep.config.yaml init --tenant shop
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'init');
      const file = wholePath(options.config ?? (shell.env.IEP_CONFIG || 'iep.config.yaml'));
      const madeConfig = await writeConfig(file);
      const { dataDir } = readConfig(shell, { ...options, config: file }, { withoutSecrets: true }).config;
      const hadKey = existsSync(dataDirectory(dataDir).masterKey);
      const first = await firstTenant(shell, { ...options, config: file });
      const done: Done = { config: file, dataDir, ...first };
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
      print(shell, `\nNext: put your provider into ${file}, then: iep doctor; iep serve`);
    });
}

/** True when it was made. Only its owner may read it: providers' passwords go there. */
async function writeConfig(file: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    return !existsSync(file) && writeWhole(file, CONFIG, { mode: 0o600 });
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

const CONFIG = `# IEP's configuration. iep.config.example.yaml lists every key with its default.
dataDir: ./iep-data

http: { host: 127.0.0.1, port: 3000 }
smtp: { host: 127.0.0.1, port: 2525 }

# Ways out. \`capture\` keeps mail instead of sending it: put your provider here, and its name under routing.
providers:
  capture: { type: capture }
  # relay: { type: smtp, host: smtp.example.com, port: 587, username: user, password: env:RELAY_PASSWORD }

routing: { primary: capture }
`;
