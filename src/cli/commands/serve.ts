/** `iep serve`: the daemon, in the foreground until SIGTERM or SIGINT. SIGHUP reads the configuration again. */

import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { startPlainly } from '../../base/embedded/memory.ts';
import { defaultFile } from '../../config/find-file.ts';
import { workingDirectory } from '../../config/working-directory.ts';
import { isProduction } from '../../db/datadir/data-directory.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { enterDataDir } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { readConfig } from '../client/read-config.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';

export function serve(command: Command, shell: Shell): void {
  command
    .option('--dev', 'no config needed: ./iep-data, tenant "default", mail is kept and nothing leaves this machine')
    .option(
      '--lfx',
      "in place of a configuration: the environment of the Linux Foundation's email service, in whose place it runs",
    )
    .option('--chaos', 'with --dev: mail is refused, delayed or dropped by rule, as real providers do now and then')
    .option(
      '--http-port <port>',
      'listen there for HTTP, whatever the configuration says; 0 for a free one',
      portOption,
    )
    .option('--smtp-port <port>', 'the same for SMTP', portOption)
    .addHelpText(
      'after',
      `
SIGTERM or SIGINT finishes what is in flight and stops; the same again stops at once. Nothing accepted is lost either way.
SIGHUP reads the configuration and the certificates again; the log names what needs a restart.

Examples:
  $ iep serve --dev
  $ iep serve --dev --chaos
  $ NATS_URL=nats://nats:4222 SMTP_HOST=smtp.example.com EMAIL_ENABLED=true iep serve --lfx
  $ iep serve --dev --http-port 3001 --smtp-port 2526
  $ iep --config /etc/iep/iep.config.yaml serve
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<
        Globals & { dev?: true; lfx?: true; chaos?: true; httpPort?: string; smtpPort?: string }
      >();
      requireLocal(shell, options, 'serve');
      const dev = options.dev === true;
      const lfx = options.lfx === true ? await lfxOf(shell, options) : undefined;
      const devProvider = await chaosOf(options);
      const ports = [
        ['IEP_HTTP_PORT', '--http-port', options.httpPort],
        ['IEP_SMTP_PORT', '--smtp-port', options.smtpPort],
      ] as const;
      const given = ports.filter(([, , port]) => port !== undefined);
      const env = { ...shell.env, ...Object.fromEntries(given.map(([variable, , port]) => [variable, port])) };
      const said = new Map(given.map(([variable, option]) => [variable, option]));
      const asked = { ...shell, env };
      const instead = lfx && { document: lfx.document, option: '--lfx' };
      const how = { dev, devProvider, said, ...(instead && { instead }) };
      const loaded = readConfig(asked, options, how);
      const cwd = workingDirectory();
      if (dev && loaded.file === undefined && cwd !== undefined) refuseBesideConfiguration(cwd, loaded.config.dataDir);
      enterDataDir(shell, loaded, { purpose: 'write' });
      if (dev && loaded.file === undefined) refuseProduction(loaded.config.dataDir);
      // The file that was found then, and no other that is found now.
      const named = loaded.file === undefined ? options : { config: loaded.file };
      const reload = () => readConfig(asked, named, how);
      startPlainly();
      const { runDaemon } = await import('../../daemon/process/run.ts');
      await runDaemon({ ...loaded, dev, reload, env, natsRules: lfx?.rules });
    });
}

async function lfxOf(shell: Shell, { config, dev }: Globals & { dev?: true }) {
  if (config !== undefined || dev === true) {
    throw new Complaint(64, '--lfx goes without a configuration and without --dev', 'The environment says all of it.');
  }
  const { lfxConfiguration } = await import('../lfx.ts');
  return lfxConfiguration(shell.env);
}

/** Rules of the provider that `--dev` brings. */
async function chaosOf({ dev, chaos, config }: Globals & { dev?: true; chaos?: true }) {
  if (chaos !== true) return undefined;
  if (dev === true && config === undefined) {
    const { defaultChaos } = await import('../../message/providers/capture/chaos.ts');
    return { chaos: defaultChaos };
  }
  throw new Complaint(
    64,
    '--chaos goes with --dev and no configuration',
    'In a configuration: `chaos` of a provider of the type capture.',
  );
}

function portOption(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

/** `--dev` does not read it, and would take what waits in the same directory for its own: mail would be kept and called sent. */
function refuseBesideConfiguration(cwd: string, dataDir: string): void {
  const { file, passedOver } = defaultFile(cwd, 'skip');
  const isHere = passedOver !== undefined || (file !== undefined && dirname(file) === cwd);
  if (!isHere) return;
  throw new Complaint(
    78,
    `there is a configuration in this directory, and \`--dev\` would not read it but use ${dataDir}`,
    'For development: in another directory. With the configuration: `iep serve`, or name it with --config.',
  );
}

function refuseProduction(dataDir: string): void {
  if (!isProduction(dataDirectory(dataDir))) return;
  throw new Complaint(
    78,
    `${dataDir} is the store of a configuration, whose mail \`--dev\` would keep and call sent`,
    'For development: in another directory, without IEP_DATADIR. With its configuration: iep --config FILE serve.',
  );
}
