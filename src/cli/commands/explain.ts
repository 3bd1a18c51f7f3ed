/** `iep explain`: what became of a message, or why it has not gone yet and when it is tried next. */

import type { Command } from 'commander';
import { withClient } from '../client.ts';
import type { Globals } from '../globals.ts';
import { localTime, print, printJson, printTable, visible, visibleLines } from '../output.ts';
import { paint, type Shell } from '../shell.ts';
import type { ExplanationJson } from '../wire.ts';

export function explain(command: Command, shell: Shell): void {
  command
    .argument('<id>', 'message to explain')
    .addHelpText(
      'after',
      `
Asked of a daemon (--url or IEP_URL) it also knows how the providers are doing now; over the local store, what is stored.

Example:
  $ iep explain 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
`,
    )
    .action(async (id: string) => {
      const options = command.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await client.json<ExplanationJson>('GET', `/v1/messages/${encodeURIComponent(id)}/explain`);
        if (options.json === true) printJson(shell, found);
        else printExplanation(shell, found);
      });
    });
}

export function printExplanation(shell: Shell, it: ExplanationJson): void {
  print(shell, `${it.messageId}  ${it.status}`);
  print(shell, visible(it.summary));
  if (it.next?.at) print(shell, `Next: ${localTime(it.next.at)}`);
  section(shell, 'Recipients');
  printTable(
    shell,
    ['EMAIL', 'STATUS', 'REPLY'],
    it.recipients.map((one) => [one.email, one.suppressed ? `${one.status}, suppressed` : one.status, one.reply]),
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
    it.timeline.map((one) => [localTime(one.at), one.event, one.text]),
  );
  for (const one of it.attempts) printAttempt(shell, one);
}

function printAttempt(shell: Shell, one: ExplanationJson['attempts'][number]): void {
  const tookMs = Date.parse(one.endedAt) - Date.parse(one.startedAt);
  const cost = one.counted ? '' : ', not counted';
  section(shell, `Attempt ${one.number}: ${one.provider}, ${one.outcome} after ${tookMs} ms${cost}`);
  if (one.reply !== null) print(shell, visible(one.reply));
  if (one.transcript !== null) {
    print(shell, visibleLines(one.transcript).replace(/^/gm, '  '));
  }
}

function section(shell: Shell, title: string): void {
  print(shell, `\n${paint(shell, shell.stdout, { as: 'bold', text: title })}`);
}
