/** What vendors that take a message by its parts ask of each of them: where a recipient stands, what they cannot have, the files. */

import { Readable } from 'node:stream';
import type { Attachment, Mailbox } from '../../../core/message.ts';
import type { Outcome } from '../../../core/outcome.ts';
import type { Parcel } from '../provider.ts';
import { plainReply } from '../reply.ts';

export interface Lists {
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly bcc: readonly Mailbox[];
}

/** Where each recipient of the parcel stands. Who is in no header field stays invisible. */
export function listsOf({ to, cc, recipients }: Pick<Parcel, 'to' | 'cc' | 'recipients'>): Lists {
  const named = (list: readonly Mailbox[]) => new Map(list.toReversed().map((mailbox) => [mailbox.email, mailbox]));
  const inTo = named(to);
  const inCc = named(cc);
  const addresses = recipients.map(({ address }) => address);
  return {
    to: addresses.flatMap((address) => inTo.get(address) ?? []),
    cc: addresses.flatMap((address) => (inTo.has(address) ? [] : (inCc.get(address) ?? []))),
    bcc: addresses.filter((address) => !inTo.has(address) && !inCc.has(address)).map((email) => ({ email })),
  };
}

/** A sentence that names what no JSON API carries; undefined where there is nothing of that kind. */
export function whyNotParts(title: string, { from, rendered }: Parcel): string | undefined {
  if (!isPrintableAscii(from.email)) return `${title} takes no sender outside of ASCII, as ${from.email} is.`;
  if (rendered?.subject === '') return `${title} takes no message without a subject.`;
  if (!rendered?.text && !rendered?.html) return `${title} takes no message without content.`;
  return undefined;
}

/** The same of fields that stand twice, for a vendor that asks for them by name. */
export function whyNotTwice(title: string, headers: Parcel['headers']): string | undefined {
  const seen = new Set<string>();
  for (const [name] of headers) {
    if (seen.has(name.toLowerCase())) return `${title} takes each header field once, and ${name} is there twice.`;
    seen.add(name.toLowerCase());
  }
  return undefined;
}

/** Those whose addresses an API has that knows ASCII alone, and the outcome of the others. */
export function inAscii(
  title: string,
  part: Parcel,
): { readonly takes: Parcel; readonly refused: ReadonlyMap<number, Outcome> } {
  const unfitting = part.recipients.filter(({ address }) => !isPrintableAscii(address));
  const refusal = (address: string): Outcome => ({
    ...{ kind: 'rejected', bounce: 'other' },
    reply: plainReply(`${title} takes no address outside of ASCII, as ${address} is.`),
  });
  return {
    takes: { ...part, recipients: part.recipients.filter((recipient) => !unfitting.includes(recipient)) },
    refused: new Map(unfitting.map(({ position, address }) => [position, refusal(address)])),
  };
}

/** One after the other, so that a message has one attachment more in memory and not all of them. */
export async function attachmentsOf<T>(
  parcel: Parcel,
  shape: (attachment: Attachment, base64: string) => T,
): Promise<readonly T[]> {
  const shaped: T[] = [];
  for (const attachment of parcel.attachments) {
    const bytes = await parcel.bytesOf(attachment);
    shaped.push(shape(attachment, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')));
  }
  return shaped;
}

/** The same message with one more field in front. */
export function withField(part: Parcel, field: string): Parcel {
  return {
    ...part,
    async mime() {
      const message = await part.mime();
      const first = Buffer.from(field);
      if (message instanceof Uint8Array) return Buffer.concat([first, message]);
      return Readable.from(after(first, message), { objectMode: false });
    },
  };
}

async function* after(field: Uint8Array, message: Readable): AsyncGenerator<Uint8Array> {
  yield field;
  yield* message;
}

/** `Ann <ann@example.com>`, as RFC 5322 section 3.4 has it; in Unicode where the name is. */
export function mailboxText({ email, name }: Mailbox): string {
  if (name === undefined || name === '') return email;
  const isPlain = !/[(),.:;<>@[\]\\"]/.test(name);
  return `${isPlain ? name : `"${name.replaceAll(/[\\"]/g, '\\$&')}"`} <${email}>`;
}

export function isPrintableAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
