/** Retries or cancels all that a filter matches, once a person agreed to how many that is. */

import type { Client } from './client/client.ts';
import type { CancelledJson, RetriedJson } from './client/wire.ts';
import { confirmMany } from './confirm.ts';
import { type Filters, filterQuery } from './filters.ts';
import type { Globals } from './globals.ts';
import { ofTenants } from './of-tenants.ts';
import { print, printJson, remark } from './output.ts';
import type { Shell } from './shell.ts';

const moves = {
  retry: { verb: 'Retry', done: 'retried', Done: 'Retried' },
  cancel: { verb: 'Cancel', done: 'cancelled', Done: 'Cancelled' },
} as const;

export async function moveMatching(
  shell: Shell,
  client: Client,
  work: {
    readonly move: keyof typeof moves;
    readonly options: Globals & Filters & { readonly dryRun?: true; readonly yes?: true };
    readonly filter?: object;
    readonly command: string;
    /** One of them, and several. */
    readonly called: readonly [string, string];
  },
): Promise<void> {
  const { options } = work;
  const { verb, done, Done } = moves[work.move];
  async function ask(dryRun: boolean) {
    const sum = { matched: 0, moved: 0, messageIds: [] as string[] };
    /** A part a call, to the end. */
    await ofTenants(client, async (headers) => {
      let cursor: string | null = null;
      do {
        const json: object = { ...filterQuery(options), ...work.filter, dryRun, ...(cursor !== null && { cursor }) };
        const path = `/v1/messages/${work.move}`;
        const part: Answer = await client.json<Answer>('POST', path, { json, headers });
        sum.matched += part.matched;
        sum.moved += 'retried' in part ? part.retried : part.cancelled;
        sum.messageIds.push(...part.messageIds);
        cursor = part.cursor;
      } while (cursor !== null);
    });
    return sum;
  }
  const found = await ask(true);
  const count = found.matched;
  const question = `${verb} ${count} ${work.called[count === 1 ? 0 : 1]}?`;
  const agreed = await confirmMany(shell, options, { command: work.command, question, count });
  const { moved, ...result } = agreed ? await ask(false) : found;
  if (options.json === true) return printJson(shell, { ...result, [done]: moved });
  for (const id of result.messageIds) print(shell, id);
  remark(
    shell,
    agreed ? `${Done} ${moved} of ${result.matched}.` : `${count} ${count === 1 ? 'matches' : 'match'}; none ${done}.`,
  );
}

type Answer = RetriedJson | CancelledJson;
