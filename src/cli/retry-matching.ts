/** Retries all that a filter matches, once a person agreed to how many that is. */

import type { Client } from './client.ts';
import { isAgreed } from './confirm.ts';
import { type Filters, filterQuery } from './filters.ts';
import type { Globals } from './globals.ts';
import { ofTenants } from './of-tenants.ts';
import { print, printJson, remark } from './output.ts';
import type { Shell } from './shell.ts';
import type { RetriedJson } from './wire.ts';

export async function retryMatching(
  shell: Shell,
  client: Client,
  work: {
    readonly options: Globals & Filters & { readonly dryRun?: true; readonly yes?: true };
    readonly filter?: object;
    readonly called: string;
  },
): Promise<void> {
  const { options } = work;
  const ask = async (dryRun: boolean): Promise<RetriedJson> => {
    const json = { ...filterQuery(options), ...work.filter, dryRun };
    const answers = await ofTenants(client, (headers) =>
      client.json<RetriedJson>('POST', '/v1/messages/retry', { json, headers }),
    );
    const sum = (of: 'matched' | 'retried') => answers.reduce((all, { answer }) => all + answer[of], 0);
    const messageIds = answers.flatMap(({ answer }) => answer.messageIds);
    return { matched: sum('matched'), retried: sum('retried'), messageIds };
  };
  const found = await ask(true);
  const question = `Retry ${found.matched} ${work.called}?`;
  const isOne = found.matched === 1 && options.dryRun !== true;
  const agreed = isOne || (await isAgreed(shell, options, { count: found.matched, question }));
  const result = agreed ? await ask(false) : found;
  if (options.json === true) return printJson(shell, result);
  for (const id of result.messageIds) print(shell, id);
  remark(shell, agreed ? `Retried ${result.retried} of ${result.matched}.` : `${found.matched} match; none retried.`);
}
