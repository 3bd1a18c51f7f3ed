/**
 * Graph has no envelope: it sends to all whom `To`, `Cc` and `Bcc` of the message name, and takes `Bcc` out
 * (learn.microsoft.com/graph/outlook-things-to-know-about-send-mail, step 1, and the tests of github.com/SMTP2Graph/SMTP2Graph
 * against it, read 2026-11-30). So the header is made to name the recipients of the attempt, each once and nobody else. A message
 * that came whole keeps its bytes: where its header names somebody who gets nothing, it cannot go.
 */

import { formatMailbox } from '../../../core/address.ts';
import type { Mailbox } from '../../../core/message.ts';
import { isPrintableAscii, listsOf } from '../http/parts.ts';
import type { Parcel } from '../provider.ts';

type Addressed = { readonly bytes: Uint8Array } | { readonly why: string };

const VISIBLE = ['to', 'cc'];
/** Other readers send by these as well. */
const RESENT = ['resent-to', 'resent-cc', 'resent-bcc'];
/** Exchange knows no two addresses that only case tells apart. */
const folded = (address: string) => address.toLowerCase();

/** Who only reads the configuration has no use for them. */
const readers = () => Promise.all([import('../../rfc5322/header.ts'), import('../../rfc5322/header-addresses.ts')]);

/** `why`: a sentence. */
export async function addressed(part: Parcel, message: Uint8Array): Promise<Addressed> {
  const [{ encodeText, fieldValue, readHeader }, { readClearly }] = await readers();
  const whole = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const text = whole.toString('latin1');
  const header = readHeader(text);
  const naming = (names: readonly string[]) =>
    readClearly(header.fields.filter(({ name }) => names.includes(name)).map((field) => fieldValue(text, field)));
  const shown = naming(VISIBLE);
  const all = naming([...VISIBLE, 'bcc', ...RESENT]);
  const open = new Set(part.recipients.map(({ address }) => folded(address)));
  const other = all?.find(({ email }) => !open.has(folded(email)));

  if (shown !== undefined && all !== undefined && other === undefined) {
    const inHeader = new Set(shown.map(({ email }) => folded(email)));
    const hidden = part.recipients.filter(({ address }) => !inHeader.has(folded(address)));
    return { bytes: withFields(whole, [], hidden.length === 0 ? '' : field('Bcc', hidden.map(toMailbox))) };
  }
  if (!part.rendered) return { why: all === undefined ? UNCLEAR : whyNot(other?.email ?? '') };
  const { to, cc, bcc } = listsOf(part);
  const own = header.fields.filter(({ name }) => [...VISIBLE, 'bcc'].includes(name));
  return { bytes: withFields(whole, own, field('To', to) + field('Cc', cc) + field('Bcc', bcc)) };

  function field(name: string, mailboxes: readonly Mailbox[]): string {
    return mailboxes.length === 0 ? '' : `${name}: ${mailboxes.map(inHeader).join(',\r\n ')}\r\n`;
  }

  function inHeader({ email, name = '' }: Mailbox): string {
    return isPrintableAscii(name)
      ? formatMailbox(name === '' ? { email } : { email, name })
      : `${encodeText(name)} <${formatMailbox({ email })}>`;
  }
}

const UNCLEAR =
  'Microsoft Graph sends to whom the header names, and To or Cc of this message can be read in more than one way.';

function whyNot(address: string): string {
  return `Microsoft Graph sends to all whom the header names, and ${address} is in it without being a recipient now. Send such messages by smtp with preset: office365.`;
}

function toMailbox({ address }: Parcel['recipients'][number]): Mailbox {
  return { email: address };
}

/** Without some fields of its header, and with others before it. */
function withFields(
  message: Buffer,
  removed: readonly { readonly start: number; readonly end: number }[],
  added: string,
): Uint8Array {
  const pieces: Uint8Array[] = [Buffer.from(added)];
  let from = 0;
  for (const { start, end } of removed) {
    pieces.push(message.subarray(from, start));
    from = end;
  }
  return Buffer.concat([...pieces, message.subarray(from)]);
}
