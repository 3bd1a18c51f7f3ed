/** The options that every command takes, before or after its name. */

import type { Command } from 'commander';

export interface Globals {
  readonly config?: string;
  readonly url?: string;
  readonly profile?: string;
  readonly apiKey?: string;
  readonly tenant?: string;
  readonly json?: true;
}

/** Global options that take a value: what follows them is not a command's name. */
const WITH_VALUE = ['--config', '--url', '--profile', '--api-key', '--tenant'];

export function addGlobals(program: Command): void {
  program
    .option('--config <file>', 'configuration file (else IEP_CONFIG, ./iep.config.yaml, /etc/iep/iep.config.yaml)')
    .option('--url <url>', 'talk to this daemon over HTTP (else IEP_URL); without it, to the local store')
    .option('--profile <name>', 'talk to the daemon of this profile of the configuration (else IEP_PROFILE)')
    .option('--api-key <key>', 'key for that daemon (else IEP_API_KEY, which other users cannot see)')
    .option('--tenant <slug>', 'tenant to act for (else IEP_TENANT); ids and lists need none', several)
    .option('--json', 'print one JSON document, with the field names of the HTTP API');
}

/** Given more than once is the same as given once with commas between; most commands take one. */
function several(slug: string, before: string | undefined): string {
  return before === undefined ? slug : `${before},${slug}`;
}

/** The command's name among the arguments, so that its file alone is loaded; undefined when there is none. */
export function commandName(argv: readonly string[]): string | undefined {
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at];
    if (argument === undefined) return undefined;
    if (WITH_VALUE.includes(argument)) at += 1;
    else if (argument === 'help') return commandName(argv.slice(at + 1));
    else if (!argument.startsWith('-')) return argument;
  }
  return undefined;
}
