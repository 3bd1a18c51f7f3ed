/** `sendmail -bp`: the queue as Postfix's mailq lists it or, with --json, as the HTTP API does. */

import { IepError } from '../../core/errors.ts';
import type { Client } from '../client/client.ts';
import type { MessageRowJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { listMessages } from '../messages.ts';
import { print, printJson, visible } from '../output.ts';
import type { Shell } from '../shell.ts';

export async function printMailq(shell: Shell, client: Client, globals: Globals): Promise<void> {
  if (globals.json === true) return printJson(shell, await Array.fromAsync(waiting(client)));
  let count = 0;
  for await (const message of waiting(client)) {
    if (count === 0)
      print(shell, '-Queue ID-                            ----Arrival Time---- -Sender/Recipient-------');
    count += 1;
    // `*`: an attempt is under way, as in Postfix's active queue.
    const mark = message.status === 'processing' ? '*' : ' ';
    print(shell, `${message.messageId}${mark} ${arrival(message.createdAt)} ${visible(message.from.email)}`);
    if (message.lastError !== null) print(shell, `${' '.repeat(38)}(${visible(message.lastError)})`);
    for (const address of [...message.to, ...message.cc, ...message.bcc]) {
      print(shell, `${' '.repeat(60)}${visible(address)}`);
    }
    print(shell, '');
  }
  print(shell, count === 0 ? 'Mail queue is empty' : `-- ${count} message${count === 1 ? '' : 's'}.`);
}

/** Of every tenant where the operator asks; else of the one that the key or --tenant names. */
async function* waiting(client: Client): AsyncGenerator<MessageRowJson> {
  const query = { status: 'queued,processing,scheduled' };
  try {
    yield* listMessages(client, { query, limit: Number.POSITIVE_INFINITY });
  } catch (error) {
    // Before the first tenant is made nothing waits.
    if (!(error instanceof IepError) || error.code !== 'tenant_required') throw error;
  }
}

/** `Sun Nov 22 04:40:35`, padded to the width of the heading. */
function arrival(at: string): string {
  const [day, month, date, , time] = new Date(at).toString().split(' ');
  return `${day} ${month} ${date} ${time}`.padEnd(20);
}
