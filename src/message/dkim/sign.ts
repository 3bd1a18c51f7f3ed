/**
 * DKIM signatures (RFC 6376, Ed25519 by RFC 8463): relaxed/relaxed, one for each key, over the whole body. The message is
 * not changed; what is made here goes in front of it. Keys are used on the thread pool, so that the loop is not held.
 */

import { createHash, type KeyObject, sign as signWith } from 'node:crypto';
import type { DkimAlgorithm } from '../../db/verbs/domains.ts';
import { relaxedField } from './canonical.ts';

export interface SigningKey {
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  readonly key: KeyObject;
}

/**
 * What is signed where it is there (RFC 6376 §5.4.1, and RFC 8058 §4 for List-Unsubscribe). Not what hops add or change:
 * Received, Return-Path, and Authentication-Results.
 */
const SIGNED = [
  ...['from', 'sender', 'reply-to', 'subject', 'date', 'message-id', 'to', 'cc', 'in-reply-to', 'references'],
  ...['mime-version', 'content-type', 'content-transfer-encoding', 'auto-submitted', 'feedback-id'],
  ...[
    'list-id',
    'list-help',
    'list-owner',
    'list-archive',
    'list-subscribe',
    'list-unsubscribe',
    'list-unsubscribe-post',
  ],
  ...['resent-from', 'resent-to', 'resent-cc', 'resent-date', 'resent-message-id', 'resent-sender'],
];

/** Signed once more than they are there (RFC 6376 §5.4), so that nobody can add what a reader would be shown instead. */
const OVERSIGNED = [
  ...['from', 'sender', 'to', 'cc', 'reply-to', 'subject', 'date', 'content-type', 'content-transfer-encoding'],
];

/** Room that one signature takes at most, for a caller that must say a size before the signature is made. */
export const SIGNATURE_BYTES = 1_500;

const LINE_LENGTH = 76;

/**
 * The header fields to put in front of a message, each with its CRLF; empty without a From, since such a message cannot be
 * signed. `header` is the message's header as latin1 text, without the empty line that ends it.
 */
export async function signatureFields(input: {
  readonly header: string;
  /** SHA-256 of the relaxed body in base64. */
  readonly bodyHash: string;
  readonly keys: readonly SigningKey[];
  /** Epoch ms. */
  readonly now: number;
}): Promise<string> {
  const fields = fieldsOf(input.header);
  if (!fields.has('from')) return '';
  const { names, text } = signedFields(fields);
  const made = await Promise.all(input.keys.map((key) => signatureField({ ...input, key, names, text })));
  return made.join('');
}

/** Fields by name in lower case, each with its line end, in the order of the message. */
function fieldsOf(header: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const field of header.split(/\r\n(?![ \t])/)) {
    const colon = field.indexOf(':');
    if (colon < 1) continue;
    const name = field.slice(0, colon).trimEnd().toLowerCase();
    const others = fields.get(name);
    if (others) others.push(`${field}\r\n`);
    else fields.set(name, [`${field}\r\n`]);
  }
  return fields;
}

/** The names for `h=`, and the relaxed fields they stand for: of several of one name, from the last up (§5.4.2). */
function signedFields(fields: ReadonlyMap<string, readonly string[]>): { names: readonly string[]; text: string } {
  const names: string[] = [];
  let text = '';
  for (const name of SIGNED) {
    const all = fields.get(name) ?? [];
    for (const field of all.toReversed()) {
      names.push(name);
      text += relaxedField(field);
    }
    if (OVERSIGNED.includes(name)) names.push(name);
  }
  return { names, text };
}

async function signatureField(input: {
  readonly key: SigningKey;
  readonly names: readonly string[];
  readonly text: string;
  readonly bodyHash: string;
  readonly now: number;
}): Promise<string> {
  const { key, names, text, bodyHash, now } = input;
  const time = Math.floor(now / 1_000);
  const unsigned = [
    `DKIM-Signature: v=1; a=${key.algorithm}; c=relaxed/relaxed; d=${key.domain};`,
    ` s=${key.selector}; t=${time};`,
    ` ${foldNames(names)};`,
    ` bh=${bodyHash};`,
    ' b=',
  ].join('\r\n');
  // The signature's own field is signed last, its value empty and without a line end (§3.7).
  const signature = await rawSignature(key, Buffer.from(text + relaxedField(unsigned).slice(0, -2), 'latin1'));
  return `${unsigned}${fold(signature.toString('base64'))}\r\n`;
}

function foldNames(names: readonly string[]): string {
  let line = 'h=';
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const next = index === 0 ? name : `:${name}`;
    if (line.length + next.length > LINE_LENGTH) {
      lines.push(line);
      line = next;
    } else line += next;
  }
  return [...lines, line].join('\r\n  ');
}

function fold(base64: string): string {
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH - 4}}`, 'g')) ?? [];
  return lines.join('\r\n  ');
}

/** RSA signs the data itself; Ed25519 its SHA-256 (RFC 8463 §3). */
function rawSignature({ algorithm, key }: SigningKey, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, signature: Buffer) => (error ? reject(error) : resolve(signature));
    if (algorithm === 'rsa-sha256') signWith('sha256', data, key, done);
    else signWith(null, createHash('sha256').update(data).digest(), key, done);
  });
}
