/** What `iep serve --dev` tells a person at the terminal: where it listens, and lines to copy that send a mail and show it. */

import { relative } from 'node:path';
import { isExecutable } from '../embedded/assets.ts';
import type { FirstRun } from './provision.ts';

export interface Announcement {
  readonly http: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number };
  readonly publicUrl?: string | undefined;
  readonly dataDir: string;
  readonly tenant: string;
  readonly firstRun: FirstRun | undefined;
  /** How this program is called from here, with what it needs to find the same store: `dist/iep`. */
  readonly command: string;
}

export function announce(it: Announcement): string {
  const url = it.publicUrl ?? `http://${reachable(it.http)}`;
  const key = it.firstRun?.key ?? '$IEP_API_KEY';
  const keyLine = it.firstRun
    ? `${it.firstRun.key}   (shown this once)`
    : `shown at the first run; \`${it.command} key add --tenant ${it.tenant} --scopes send,read\` makes another`;
  const json = '{"from":"app@example.com","to":["you@example.com"],"subject":"Hello over HTTP","textBody":"It works."}';
  const mail = 'From: app@example.com\\nTo: you@example.com\\nSubject: Hello over SMTP\\n\\nIt works.\\n';
  return `
IEP is up, in development: mail is kept, and nothing leaves this machine.

  HTTP     ${url}
  SMTP     ${reachable(it.smtp)}   (from this machine, without a login)
  data     ${it.dataDir}
  tenant   ${it.tenant}
  API key  ${keyLine}

Send a mail, in any of three ways:

  curl -sS ${url}/v1/messages -H "x-api-key: ${key}" -H 'content-type: application/json' -d '${json}'
  ${it.command} send --from app@example.com --to you@example.com --subject 'Hello from the shell' --text 'It works.'
  printf '${mail}' | curl -sS smtp://${reachable(it.smtp)} --crlf --mail-from app@example.com --mail-rcpt you@example.com -T -

And see it:

  ${it.command} list
`;
}

/** An address to connect to: who listens everywhere is reached on loopback. */
function reachable({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0' || host === '::') return `localhost:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How the same program is called from the working directory over the same store. */
export function commandLine(it: { cwd: string; dataDir: string; file: string | undefined }): string {
  const program = isExecutable() ? callable(relative(it.cwd, process.execPath)) : 'node src/main.ts';
  if (it.file !== undefined) return `${program} --config ${quote(it.file)}`;
  return it.dataDir === `${it.cwd}/iep-data` ? program : `IEP_DATADIR=${quote(it.dataDir)} ${program}`;
}

function callable(path: string): string {
  return quote(path.includes('/') ? path : `./${path}`);
}

function quote(text: string): string {
  return /^[\w./+:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
