/** `iep sendmail`: what programs call as /usr/sbin/sendmail. Also when started under that name. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../config/find-file.ts';
import { workingDirectory } from '../../config/working-directory.ts';
import { formatMailbox, toMailbox } from '../../core/address.ts';
import { IepError } from '../../core/errors.ts';
import { qualify, recipientFields } from '../../message/rfc5322/complete-header.ts';
import { readAddressList } from '../../message/rfc5322/header-addresses.ts';
import { type Client, withClient } from '../client/client.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { printJson, remark } from '../output.ts';
import { localSender } from '../send/local-sender.ts';
import { submitRaw } from '../send/submit.ts';
import { parseSendmailArguments, type SendmailArguments } from '../sendmail/arguments.ts';
import { printMailq } from '../sendmail/mailq.ts';
import { readMessage } from '../sendmail/read-message.ts';
import { runSession } from '../sendmail/session.ts';
import type { Shell } from '../shell.ts';

export function sendmail(command: Command, shell: Shell): void {
  // Its flags are sendmail's own; IEP's options stand before the name: iep --tenant acme sendmail -t
  command.parent?.enablePositionalOptions();
  // All of what follows the name, a first `--` included, which commander would keep for itself.
  command.parseOptions = (words) => ({ operands: words, unknown: [] });
  command
    .helpOption(false)
    .argument('[arguments...]', 'flags of sendmail, and recipients')
    .addHelpText('after', HELP)
    .action(async (words: string[]) => {
      const options = command.optsWithGlobals<Globals>();
      const parsed = parseSendmailArguments(words);
      if (parsed.mode === 'help') command.outputHelp();
      else if (parsed.mode !== 'aliases')
        await withClient({ shell, globals: options, purpose: 'submit', workingDirectory: 'ignore' }, (client) =>
          run(shell, options, client, parsed),
        ).catch((error: unknown) => {
          throw tellOfIgnored(shell, options, error);
        });
    });
}

/** The file of the working directory may name the tenant, but `sendmail` does not read it: the refusal says how to have it read. */
function tellOfIgnored(shell: Shell, { config }: Globals, error: unknown): unknown {
  if (!(error instanceof IepError) || error.code !== 'tenant_required') return error;
  const directory = workingDirectory();
  if (config !== undefined || shell.env.IEP_CONFIG || directory === undefined) return error;
  const file = join(directory, CONFIG_FILE);
  if (!existsSync(file)) return error;
  const hint = `${file} is passed over here; to have it count, name it: \`iep --config ${file} sendmail\`, or IEP_CONFIG. ${error.refusal.hint}`;
  return new IepError(error.code, error.message, { extra: { hint }, cause: error });
}

async function run(shell: Shell, options: Globals, client: Client, parsed: SendmailArguments): Promise<void> {
  switch (parsed.mode) {
    case 'queue':
      return printMailq(shell, client, options);
    case 'flush':
      await client.call('POST', '/v1/admin/queue/flush', { json: {} });
      return;
    case 'smtp':
      return runSession(shell, client);
    default:
      return submit(shell, options, client, parsed);
  }
}

async function submit(shell: Shell, options: Globals, client: Client, parsed: SendmailArguments): Promise<void> {
  if (!parsed.fromHeader && parsed.recipients.length === 0) {
    throw new Complaint(64, 'no recipients', 'Name them after the flags, or give -t to take them from the header.');
  }
  const raw = await readMessage(shell.stdin, parsed.dotsAreContent);
  const domain = client.mailDomain;
  const named = parsed.recipients.flatMap((list) => readList(list, domain));
  const inHeader = parsed.fromHeader ? readList(recipientFields(raw), domain) : [];
  const recipients = [...new Set([...named, ...inHeader])];
  if (recipients.length === 0) {
    throw new Complaint(65, 'no recipient addresses found in the message header', 'It has no To, Cc or Bcc.');
  }
  const sender = parsed.sender === undefined ? undefined : qualify(parsed.sender, domain);
  const address = sender || localSender(shell, domain);
  const mailbox = toMailbox(address, parsed.fullName ?? shell.env.NAME);
  const accepted = await submitRaw(client, {
    raw,
    from: mailbox === undefined ? address : formatMailbox(mailbox),
    recipients,
    ...(sender !== undefined && { mailFrom: sender }),
  });
  // sendmail says nothing when all is well.
  if (options.json === true) printJson(shell, accepted);
  else if (parsed.verbose) remark(shell, `queued as ${accepted.messageId}`);
}

/** The addresses of a list such as `jo@example.com, root`, each with a domain. */
function readList(list: string, domain: string): string[] {
  const { mailboxes, unreadable } = readAddressList(list);
  return [...mailboxes.map(({ email }) => email), ...unreadable.map(({ address }) => qualify(address, domain))];
}

const HELP = `
  -t           recipients from the To, Cc and Bcc of the header, added to those named
  -i, -oi      a line with a dot alone is content, and does not end the message
  -f, -r ADDR  reverse path, where bounces go; the From address where not given
  -F NAME      name in From, where the message has none
  -bm          send a message (the default)
  -bs          speak SMTP on standard input and output
  -bp          list the queue
  -q           try at once what waits
  -v           say the message id
  -N, -R, -V, -o…, -e…, -B, -C, -G, -h, -L, -m, -n, -O, -U, -x, -X, -bi are taken and change nothing

A message without From comes from your login name at this host; addresses without a domain get this host's.
Exit codes are those of Postfix: 0 on disk, 64 usage, 65 bad data, 69 unavailable, 75 try again, 77 no permission.

Examples:
  $ iep sendmail -t -i < message.eml
  $ ln -s "$(command -v iep)" /usr/sbin/sendmail
  php.ini: sendmail_path = "/usr/local/bin/iep sendmail -t -i"
  git config sendemail.sendmailCmd "iep sendmail"
`;
