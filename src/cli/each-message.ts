/** Moves messages named by id on, one after the other; one refusal does not keep the rest from their turn. */

import { IepError } from '../core/errors.ts';
import type { CallOptions, Client } from './client/client.ts';
import type { MovedJson } from './client/wire.ts';
import { describeFailure, Exit, failureDocument } from './failure.ts';
import type { Globals } from './globals.ts';
import { complain, print, printJson } from './output.ts';
import type { Shell } from './shell.ts';

export async function eachMessage(
  shell: Shell,
  work: {
    client: Client;
    options: Globals;
    ids: readonly string[];
    verb: 'retry' | 'cancel' | 'reschedule';
    json?: unknown;
    query?: CallOptions['query'];
  },
): Promise<void> {
  const answers: MovedJson[] = [];
  let first: IepError | undefined;
  for (const id of work.ids) {
    try {
      const path = `/v1/messages/${encodeURIComponent(id)}/${work.verb}`;
      const { json: body, query } = work;
      const answer = await work.client.json<MovedJson>('POST', path, {
        ...(body !== undefined && { json: body }),
        ...(query && { query }),
      });
      answers.push(answer);
      if (work.options.json !== true) print(shell, `${answer.messageId}  ${answer.status}`);
    } catch (error) {
      if (!(error instanceof IepError) || work.ids.length === 1) throw error;
      const { json } = work.options;
      const { text } = json ? failureDocument(error, { messageId: id }) : describeFailure(error, `iep: ${id}`);
      complain(shell, text);
      first ??= error;
    }
  }
  if (work.options.json === true) printJson(shell, work.ids.length === 1 ? answers[0] : answers);
  if (first !== undefined) throw new Exit(first.refusal.exit);
}
