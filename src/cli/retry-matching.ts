/** Retries all that a filter matches, once a person agreed to how many that is. */

import type { Client } from './client/client.ts';
import type { RetriedJson } from './client/wire.ts';
import { confirmMany } from './confirm.ts';
import { type Filters, filterQuery } from './filters.ts';
import type { Globals } from './globals.ts';
import { ofTenants } from './of-tenants.ts';
import { print, printJson, remark } from './output.ts';
import type { Shell } from './shell.ts';

export async function retryMatching(
  shell: Shell,
  client: Client,
  work: {
    readonly options: Globals & Filters & { readonly dryRun?: true; readonly yes?: true };
    readonly filter?: object;
    readonly command: string;
    /** One of them, and several. */
    readonly called: readonly [string, string];
  },
): Promise<void> {
  const { options } = work;
  async function ask(dryRun: boolean): Promise<Omit<RetriedJson, 'cursor'>> {
    const sum = { matched: 0, retried: 0, messageIds: [] as string[] };
    /** A part a call, to the end. */
    await ofTenants(client, async (headers) => {
      let cursor: string | null = null;
      do {
        const json = { ...filterQuery(options), ...work.filter, dryRun, ...(cursor !== null && { cursor }) };
        const part: RetriedJson = await client.json<RetriedJson>('POST', '/v1/messages/retry', { json, headers });
        sum.matched += part.matched;
        sum.retried += part.retried;
        sum.messageIds.push(...part.messageIds);
        cursor = part.cursor;
      } while (cursor !== null);
    });
    return sum;
  }
  const found = await ask(true);
  const count = found.matched;
  const question = `Retry ${count} ${work.called[count === 1 ? 0 : 1]}?`;
  const agreed = await confirmMany(shell, options, { command: work.command, question, count });
  const result = agreed ? await ask(false) : found;
  if (options.json === true) return printJson(shell, result);
  for (const id of result.messageIds) print(shell, id);
  remark(
    shell,
    agreed
      ? `Retried ${result.retried} of ${result.matched}.`
      : `${count} ${count === 1 ? 'matches' : 'match'}; none retried.`,
  );
}
