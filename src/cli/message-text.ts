/** A message laid out for people. */

import { localTime } from '../core/time-text.ts';
import type { ContentJson, MessageJson } from './client/wire.ts';
import { saidIn } from './event-text.ts';
import { print, printTable, visible, visibleLines } from './output.ts';
import { paint, type Shell } from './shell.ts';

export function printDetail(shell: Shell, message: MessageJson): void {
  const { name, email } = message.from;
  const fields: readonly (readonly [label: string, value: string | null | undefined])[] = [
    ['Message', message.messageId],
    ['Status', message.status],
    ['From', name === undefined ? email : `${name} <${email}>`],
    ['To', message.to.join(', ')],
    ['Cc', message.cc.join(', ')],
    ['Bcc', message.bcc.join(', ')],
    ['Reply-To', message.replyTo],
    ['Subject', message.subject],
    ['Provider', message.provider],
    ['Priority', message.priority],
    ['Category', message.category],
    ['Tags', message.tags.join(', ')],
    ['Group', message.groupId],
    ['Template', message.template === null ? '' : `${message.template}, version ${message.templateVersion}`],
    ['Metadata', message.metadata === null || message.metadata === undefined ? '' : JSON.stringify(message.metadata)],
    ['Attempts', `${message.attempts} of ${message.maxAttempts}`],
    ['Last error', message.lastError],
    ['Accepted', localTime(message.createdAt)],
    ['Scheduled', localTime(message.scheduledAt)],
    ['Next attempt', localTime(message.nextAttemptAt)],
    ['Sent', localTime(message.sentAt)],
    ['Attachments', message.attachments.map((file) => `${file.filename} (${file.size} bytes)`).join(', ')],
  ];
  for (const [label, value] of fields) {
    if (value) print(shell, `${`${label}:`.padEnd(14)}${visible(value)}`);
  }
  section(shell, 'Recipients');
  printTable(
    shell,
    ['EMAIL', 'KIND', 'STATUS', 'SINCE', 'REPLY', 'ID AT THE PROVIDER'],
    message.recipients.map((one) => [
      ...[one.email, one.kind, one.status, localTime(one.updatedAt), one.reply],
      one.providerMessageId,
    ]),
  );
  printReaders(shell, message);
  if (message.attemptLog.length > 0) {
    section(shell, 'Attempts');
    printTable(
      shell,
      ['NO', 'STARTED', 'TOOK', 'PROVIDER', 'OUTCOME', 'REPLY'],
      message.attemptLog.map((one) => [
        one.number,
        localTime(one.startedAt),
        `${Date.parse(one.endedAt) - Date.parse(one.startedAt)} ms`,
        one.provider ?? '',
        outcomeWord(one.outcome),
        one.reply,
      ]),
    );
  }
  section(shell, 'History');
  printTable(
    shell,
    ['AT', 'EVENT', 'RECIPIENT', 'SAID'],
    message.events.map((event) => [...[localTime(event.timestamp), event.type, event.recipient], saidIn(event.data)]),
  );
}

function printReaders(shell: Shell, { tracking, recipients }: MessageJson): void {
  const readers = recipients.filter((one) => one.opens + one.clicks + one.machineOpens + one.machineClicks > 0);
  if (tracking === null && readers.length === 0) return;
  section(shell, 'Readers');
  if (readers.length === 0) {
    print(shell, 'Nobody opened it or followed a link yet.');
    return;
  }
  printTable(
    shell,
    ['EMAIL', 'OPENS', 'CLICKS', 'OPENS BY MACHINES', 'CLICKS BY MACHINES'],
    readers.map((one) => [one.email, one.opens, one.clicks, one.machineOpens, one.machineClicks]),
  );
}

/** Of an attempt, as its events have it: a provider accepts, and delivery is what may come later. */
export function outcomeWord(outcome: string): string {
  return outcome === 'delivered' ? 'accepted' : outcome;
}

/** What was rendered, or what was submitted while nothing is rendered yet. */
export function printContent(shell: Shell, content: ContentJson): void {
  const { subject, html, text } = content.rendered ?? content;
  if (content.kind === 'raw') {
    print(shell, 'This message came in whole; --raw shows it.');
    return;
  }
  print(shell, `Subject: ${visible(subject)}`);
  if (text) bodySection(shell, 'Text', text);
  if (html) bodySection(shell, 'HTML', html);
}

function bodySection(shell: Shell, title: string, body: string): void {
  section(shell, title);
  print(shell, visibleLines(body));
}

function section(shell: Shell, title: string): void {
  print(shell, `\n${paint(shell, shell.stdout, { as: 'bold', text: title })}`);
}
