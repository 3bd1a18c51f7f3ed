/** `iep send`: one message from flags, files and standard input. */

import type { Command } from 'commander';
import { readMailbox, readMailboxList } from '../../core/mailbox-list.ts';
import { type Client, withClient } from '../client/client.ts';
import type { AcceptedJson } from '../client/wire.ts';
import { Complaint, Exit } from '../failure.ts';
import { outputFault, print, printJson, remark } from '../output.ts';
import { localSender } from '../send/local-sender.ts';
import { isWholeMessage, readAttachments, readBodies, readVariables, readWholeMessage } from '../send/send-content.ts';
import { addSendOptions, type SendOptions } from '../send/send-options.ts';
import { submitParts, submitRaw } from '../send/submit.ts';
import { isInteractive, type Shell } from '../shell.ts';

export function send(command: Command, shell: Shell): void {
  command.argument('[recipient...]', 'addresses to send to, as with --to');
  addSendOptions(command, shell);
  command
    .addHelpText(
      'after',
      `
Prints the message id once the message is on disk. Without a daemon it waits in the local store until one runs.
Without a store the command first makes one, with a tenant "default".
With --wait SECONDS it exits with 75 where the message is stored and has no outcome by then: \`iep show ID\` tells it later. Who
must run the command again gives --idempotency-key, so that one message is sent however often. --wait alone waits until the last
attempt is over, which may take hours.

Examples:
  $ echo "Disk is 91 % full." | iep send ops@example.com -s "Disk warning on $(hostname)"
  $ iep send --to jo@example.com --from shop@example.com -s "Your invoice" --file invoice.html --attach invoice.pdf
  $ iep send --to jo@example.com -s "Hello {{name}}" --text "Hello {{name}}" --var name=Jo --at 2h
  $ iep send --to jo@example.com --template invoice --var number=2027-17 --var total=120
  $ iep send --file message.eml --wait
`,
    )
    .action(async (recipients: string[]) => {
      const options = command.optsWithGlobals<SendOptions>();
      const to = [...(options.to ?? []), ...recipients];
      const submit = isWholeMessage(options)
        ? await prepareWhole(shell, options, to)
        : await prepareParts(shell, options, to);
      await withClient({ shell, globals: options, purpose: 'submit', workingDirectory: 'skip' }, async (client) => {
        await report(shell, options, { client, accepted: await submit(client) });
      });
    });
}

type Submit = (client: Client) => Promise<AcceptedJson>;

/** Reads all that is needed first, so that the store is open only for the insert. */
async function prepareParts(shell: Shell, options: SendOptions, to: readonly string[]): Promise<Submit> {
  if (to.length === 0) throw new Complaint(64, 'the message has no recipient', 'Name one: --to ADDRESS.');
  const variables = await readVariables(shell, options);
  const attachments = await readAttachments(shell, options.attach);
  const json = {
    ...handling(options),
    ...(await readContent(shell, options)),
    to,
    ...(options.cc && { cc: options.cc }),
    ...(options.bcc && { bcc: options.bcc }),
    ...(options.replyTo !== undefined && { replyTo: options.replyTo }),
    ...(options.header && { headers: options.header }),
    ...(variables && { variables }),
    ...(attachments.length > 0 && { attachments }),
    ...(options.attachUrl && { attachmentUrls: options.attachUrl }),
  };
  return (client) => {
    const { from } = options;
    return submitParts(client, {
      json: from === undefined ? json : { from, ...json },
      from: localSender(shell, client.mailDomain),
    });
  };
}

/** A template brings subject and bodies; where some are given too, the call says that they do not go together. */
async function readContent(shell: Shell, options: SendOptions) {
  const { template, templateVersion, locale, subject, html, text, file } = options;
  if (template === undefined) {
    const bodies = await readBodies(shell, options);
    return { ...bodies, subject: subject ?? '', ...(locale !== undefined && { locale }), ...version(templateVersion) };
  }
  const isOwn = html !== undefined || text !== undefined || file !== undefined;
  return {
    template,
    ...version(templateVersion),
    ...(locale !== undefined && { locale }),
    ...(subject !== undefined && { subject }),
    ...(isOwn && (await readBodies(shell, options))),
  };
}

function version(templateVersion: number | undefined): { readonly templateVersion?: number } {
  return templateVersion === undefined ? {} : { templateVersion };
}

function handling(options: SendOptions) {
  const { category, tag: tags, meta } = options;
  const metadata = { ...meta, ...(category !== undefined && { category }), ...(tags && { tags }) };
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(options.priority !== undefined && { priority: options.priority }),
    ...(options.at !== undefined && { scheduledAt: new Date(options.at).toISOString() }),
    ...(options.group !== undefined && { groupId: options.group }),
    ...(options.idempotencyKey !== undefined && { idempotencyKey: options.idempotencyKey }),
    ...(options.unsubscribe !== undefined && { unsubscribe: { category: options.unsubscribe } }),
    ...(options.provider !== undefined && { provider: options.provider }),
    ...tracking(options),
  };
}

function tracking({ trackOpens: opens, trackClicks: clicks }: SendOptions) {
  if (opens === undefined && clicks === undefined) return {};
  return { tracking: { ...(opens !== undefined && { opens }), ...(clicks !== undefined && { clicks }) } };
}

/** A whole message: its header names the recipients where no option does. */
async function prepareWhole(shell: Shell, options: SendOptions, to: readonly string[]): Promise<Submit> {
  const { iepFields, refuseParts } = await import('../send/send-whole.ts');
  refuseParts(options);
  const raw = await readWholeMessage(shell, options);
  const recipients = [...to, ...(options.cc ?? []), ...(options.bcc ?? [])];
  return (client) =>
    submitRaw(client, {
      raw,
      iepFields: iepFields(options),
      from: options.from ?? localSender(shell, client.mailDomain),
      ...(options.from !== undefined && { mailFrom: readMailbox(options.from)?.email ?? options.from }),
      ...(recipients.length > 0 && { recipients: recipients.flatMap(bareAddresses) }),
    });
}

/** An envelope has addresses without names. What is none is refused with the message. */
function bareAddresses(text: string): readonly string[] {
  const { mailboxes, unreadable } = readMailboxList(text, { joinNames: true });
  return [...mailboxes.map(({ email }) => email), ...unreadable.map((one) => one.text)];
}

async function report(
  shell: Shell,
  options: SendOptions,
  { client, accepted }: { client: Client; accepted: AcceptedJson },
): Promise<void> {
  if (options.json !== true && accepted.suppressedRecipients.length > 0) {
    remark(shell, `Not mailed, because suppressed: ${accepted.suppressedRecipients.join(', ')}`);
  }
  if (client.kind === 'store' && isInteractive(shell)) {
    remark(shell, 'No daemon answers here: the message waits until `iep serve` runs.');
  }
  if (options.wait === undefined) {
    if (options.json === true) printJson(shell, accepted);
    else print(shell, accepted.messageId);
    return sayStored(shell, accepted);
  }
  if (isInteractive(shell)) remark(shell, `${accepted.messageId} ${accepted.status}; waiting for its outcome…`);
  const limitMs = options.wait === true ? undefined : options.wait * 1000;
  const { waitForOutcome } = await import('../send/wait-for-outcome.ts');
  const { message, finished } = await waitForOutcome(client, accepted.messageId, limitMs);
  if (options.json === true) printJson(shell, { ...accepted, status: message.status });
  else print(shell, `${accepted.messageId}  ${message.status}`);
  if (!finished) {
    const advice =
      client.kind === 'store'
        ? 'No daemon answers: start `iep serve`.'
        : `\`iep explain ${accepted.messageId}\` says why.`;
    remark(shell, `The message is stored, and has no outcome after ${options.wait} s. Do not send it again. ${advice}`);
    throw new Exit(75);
  }
  if (message.status === 'sent' || message.status === 'delivered') {
    // Of a message to several the status says only that somebody got it.
    for (const { email, status, reply } of message.recipients) {
      if (status === 'sent' || status === 'delivered') continue;
      remark(shell, `${email} did not get it: ${status}${reply === null ? '' : ` (${reply})`}`);
    }
    return sayStored(shell, accepted);
  }
  if (message.lastError !== null) remark(shell, message.lastError);
  throw new Exit(message.dead ? 69 : 65);
}

/** Where the id could not be printed: any exit code but 0 would have a script send the message again. */
async function sayStored(shell: Shell, { messageId }: AcceptedJson): Promise<void> {
  const fault = await outputFault(shell);
  if (fault === undefined) return;
  remark(shell, `iep: ${messageId} is stored, but standard output cannot be written (${fault})`);
  throw new Exit(0);
}
