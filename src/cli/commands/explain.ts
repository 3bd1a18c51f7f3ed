/** `iep explain`: what became of a message, or why it has not gone yet and when it is tried next. */

import type { Command } from 'commander';
import { IepError } from '../../core/errors.ts';
import { localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import type { ExplanationJson, NotificationJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { outcomeWord } from '../message-text.ts';
import { print, printJson, printTable, visible, visibleLines } from '../output.ts';
import { paint, type Shell } from '../shell.ts';
import { printNotification } from './notification.ts';

export function explain(command: Command, shell: Shell): void {
  command
    .argument('<id>', 'message or notification to explain')
    .addHelpText(
      'after',
      `
Where a daemon runs it also knows how the providers are doing now; where none does, what is stored.

Example:
  $ iep explain 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
`,
    )
    .action(async (id: string) => {
      const options = command.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await explanationOf(client, encodeURIComponent(id));
        if (options.json === true) printJson(shell, found);
        else if ('notificationId' in found) printNotification(shell, found);
        else printExplanation(shell, found);
      });
    });
}

/** Of a message, or of the notification that has the id. */
async function explanationOf(client: Client, id: string): Promise<ExplanationJson | NotificationJson> {
  try {
    return await client.json<ExplanationJson>('GET', `/v1/messages/${id}/explain`);
  } catch (error) {
    if (!(error instanceof IepError) || error.code !== 'not_found') throw error;
    const found = client.json<NotificationJson>('GET', `/v1/notifications/${id}`);
    return found.catch((other) => {
      throw other instanceof IepError && other.code === 'not_found' ? error : other;
    });
  }
}

export function printExplanation(shell: Shell, it: ExplanationJson): void {
  print(shell, `${it.messageId}  ${it.status}`);
  print(shell, visible(it.summary.replace(RFC3339, localTime)));
  if (it.next?.at) print(shell, `Next: ${localTime(it.next.at)}`);
  if (it.template !== null) print(shell, `Template: ${it.template}, version ${it.templateVersion}`);
  for (const { notificationId, type } of it.notifications) print(shell, `Notification: ${notificationId}, ${type}`);
  section(shell, 'Recipients');
  printTable(
    shell,
    ['EMAIL', 'STATUS', 'REPLY'],
    it.recipients.map((one) => [
      one.email,
      one.suppressed && one.status !== 'suppressed' ? `${one.status}, suppressed` : one.status,
      one.reply,
    ]),
  );
  if (it.route.length > 0) {
    section(shell, 'Route');
    printTable(
      shell,
      ['PROVIDER', 'STATE'],
      it.route.map((one) => [one.provider, one.standing]),
    );
  }
  section(shell, 'What happened');
  printTable(
    shell,
    ['AT', 'EVENT', ''],
    it.timeline.map((one) => [localTime(one.at), one.event, one.text.replace(RFC3339, localTime)]),
  );
  for (const one of it.attempts) printAttempt(shell, one);
}

const RFC3339 = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** The lines of a transcript begin with a time of day in UTC; the rest of the screen is in local time. */
function inLocalTime(transcript: string, startedAt: string): string {
  const start = Date.parse(startedAt);
  return transcript.replace(/^\d\d:\d\d:\d\d\.\d{3}(?= )/gm, (time) => {
    const sameDay = Date.parse(`${startedAt.slice(0, 10)}T${time}Z`);
    // An attempt is shorter than a day, so an earlier time of day is one of the next day.
    const at = sameDay < start - SECOND_MS ? sameDay + DAY_MS : sameDay;
    return `${localTime(at).slice(11)}${time.slice(8)}`;
  });
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

function printAttempt(shell: Shell, one: ExplanationJson['attempts'][number]): void {
  const tookMs = Date.parse(one.endedAt) - Date.parse(one.startedAt);
  const cost = one.counted ? '' : ', not counted';
  section(
    shell,
    `Attempt ${one.number}: ${one.provider ?? 'no provider'}, ${outcomeWord(one.outcome)} after ${tookMs} ms${cost}`,
  );
  if (one.reply !== null) print(shell, visible(one.reply));
  if (one.transcript !== null) {
    print(shell, visibleLines(inLocalTime(one.transcript, one.startedAt)).replace(/^/gm, '  '));
  }
}

function section(shell: Shell, title: string): void {
  print(shell, `\n${paint(shell, shell.stdout, { as: 'bold', text: title })}`);
}
