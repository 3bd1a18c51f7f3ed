/** What `iep serve --dev` tells a person at the terminal: where it listens, and lines to copy that send a mail and show it. */

import { relative } from 'node:path';
import { isExecutable } from '../../base/embedded/assets.ts';
import type { FirstRun } from '../../manage/provision.ts';
import { reachable } from './reachable.ts';

export interface Announcement {
  readonly http: { readonly host: string; readonly port: number };
  /** The API speaks HTTPS. */
  readonly secure?: boolean;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly publicUrl?: string | undefined;
  readonly dataDir: string;
  readonly tenant: string;
  readonly firstRun: FirstRun | undefined;
  /** A link that signs in. */
  readonly signIn?: string | undefined;
  /** How this program is called from here, with what it needs to find the same store: `dist/iep`. */
  readonly command: string;
}

export function announce(it: Announcement): string {
  const { command, firstRun } = it;
  const url = it.publicUrl ?? `${it.secure === true ? 'https' : 'http'}://${reachable(it.http)}`;
  const smtp = reachable(it.smtp);
  const key = firstRun?.key ?? '$IEP_API_KEY';
  const another = `was shown at the first run; \`${command} key add --tenant ${it.tenant} --scopes send,read\` makes another`;
  const json = '{"from":"app@example.com","to":["you@example.com"],"subject":"Hello over HTTP","textBody":"It works."}';
  const mail = 'From: app@example.com\\nTo: you@example.com\\nSubject: Hello over SMTP\\n\\nIt works.\\n';
  return `
IEP is up, in development: mail is kept, and nothing leaves this machine.

  HTTP     ${url}
  SMTP     ${smtp}   (from this machine, without a login)
  data     ${it.dataDir}
  tenant   ${it.tenant}
  API key  ${firstRun ? `${firstRun.key}   (shown this once)` : another}${it.signIn === undefined ? '' : `\n  browser  ${it.signIn}   (signs in once, from this machine)`}

Send a mail, in any of three ways:

  curl -sS ${url}/v1/messages -H "x-api-key: ${key}" -H 'content-type: application/json' -d '${json}'
  ${command} send --from app@example.com --to you@example.com --subject 'Hello from the shell' --text 'It works.'
  printf '${mail}' | curl -sS smtp://${smtp} --crlf --mail-from app@example.com --mail-rcpt you@example.com -T -

And see it:

  ${command} list
`;
}

/** How the same program is called from the working directory for the same store; `tenant` where there are several. */
export function commandLine(it: {
  readonly cwd: string;
  readonly dataDir: string;
  readonly file: string | undefined;
  /** A configuration that this daemon did not read, and another command would. */
  readonly otherFile?: string | undefined;
  readonly tenant: string | undefined;
}): string {
  const program = isExecutable() ? callable(relative(it.cwd, process.execPath)) : 'node src/main.ts';
  const tenant = it.tenant === undefined ? '' : ` --tenant ${it.tenant}`;
  if (it.file !== undefined) return `${program} --config ${quote(it.file)}${tenant}`;
  const isDefault = it.dataDir === `${it.cwd}/iep-data` && it.otherFile === undefined;
  const elsewhere = isDefault ? '' : `IEP_DATADIR=${quote(it.dataDir)} `;
  return `${elsewhere}${program}${tenant}`;
}

function callable(path: string): string {
  return quote(path.includes('/') ? path : `./${path}`);
}

function quote(text: string): string {
  return /^[\w./+:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
