/** Messages handed in by batches, for scenarios that measure something else than that. */

import { MESSAGE_BYTES } from '../source.ts';

export interface Submitted {
  readonly messageId: string;
  readonly address: string;
}

const BATCH = 100;

/** To recipients of whom no two are the same. */
export async function submit({
  port,
  key,
  count,
}: {
  port: number;
  key: string;
  count: number;
}): Promise<readonly Submitted[]> {
  const submitted: Submitted[] = [];
  while (submitted.length < count) {
    const addresses = Array.from(
      { length: Math.min(BATCH, count - submitted.length) },
      (_, at) => `r${submitted.length + at}@example.net`,
    );
    const messages = addresses.map((address) => messageTo(address));
    const response = await fetch(`http://127.0.0.1:${port}/v1/messages/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ messages }),
    });
    const { items = [] } = (await response.json()) as { items?: { messageId?: string }[] };
    for (const [at, address] of addresses.entries()) {
      const messageId = items[at]?.messageId;
      if (messageId === undefined) throw new Error(`a message was refused: ${JSON.stringify(items[at])}`);
      submitted.push({ messageId, address });
    }
  }
  return submitted;
}

export function messageTo(address: string) {
  const text = 'x'.repeat(MESSAGE_BYTES);
  return { from: 'sender@example.com', to: [address], subject: 'Load', textBody: text };
}
