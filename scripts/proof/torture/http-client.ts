/** Sends messages over HTTP, one or several a request, and writes down the answer for each. */

import { type Ledger, textOf } from './ledger.ts';
import { PATIENCE_MS } from './smtp-client.ts';

export async function sendOverHttp(
  { port, key }: { port: number; key: string },
  { ledger, count, lines }: { ledger: Ledger; count: number; lines: number },
): Promise<void> {
  const tokens = Array.from({ length: count }, () => ledger.token());
  const messages = tokens.map((token) => ({
    from: 'sender@example.com',
    to: ['recipient@example.net'],
    subject: token,
    textBody: textOf(token, lines),
  }));
  const single = count === 1;
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/messages${single ? '' : '/batch'}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(single ? messages[0] : { messages }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    status = response.status;
    body = await response.json();
  } catch (error) {
    const kind = error instanceof Error && error.name === 'TimeoutError' ? 'hung' : 'unanswered';
    for (const token of tokens) ledger.answer(token, { kind });
    throw error;
  }
  const items = single ? [body as Item] : ((body as { items?: Item[] }).items ?? []);
  for (const [index, token] of tokens.entries()) {
    const { messageId, error } = items[index] ?? {};
    if (messageId !== undefined) ledger.answer(token, { kind: 'acknowledged', messageId });
    else ledger.answer(token, { kind: 'refused', door: 'http', code: error?.status ?? status });
  }
}

/** The answer for one message; a refusal of the whole request has neither. */
interface Item {
  readonly messageId?: string;
  readonly error?: { readonly status: number };
}
