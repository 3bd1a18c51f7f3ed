/** Messages as the HTTP API gives them, and the paging over their list. */

import type { Client } from './client/client.ts';
import { listRows } from './client/rows.ts';
import type { MessageRowJson } from './client/wire.ts';

/** Yields up to `limit` messages that match, newest first, a page at a time; of every tenant where an operator names none. */
export function listMessages(
  client: Client,
  wanted: { query: Readonly<Record<string, string>>; limit: number },
): AsyncGenerator<MessageRowJson> {
  return listRows(client, '/v1/messages', wanted);
}

/** Whether a list names more than one, so that it needs a column for them. */
export function ofSeveralTenants(items: readonly { readonly tenant: string }[]): boolean {
  return items.some(({ tenant }) => tenant !== items[0]?.tenant);
}
