/** Brings what a server said into the one form that is stored and shown: a single line, bounded, with its codes read. */

import type { ProviderReply } from '../../core/outcome.ts';

const MAX_TEXT = 500;

/** First line of an SMTP reply: code, optional enhanced code (RFC 3463; IronPort writes `#5.1.1`), text. */
const FIRST_LINE = /^(\d{3})(?:[ -]|$)(?:#?([245]\.\d{1,3}\.\d{1,3})(?:\s|$))?/;
/** Where qmail writes it. */
const AT_THE_END = /\(#([245]\.\d{1,3}\.\d{1,3})\)$/;
/** What every further line of a multi-line reply repeats. */
const REPEATED = /^\d{3}(?:[ -]|$)(?:#?[245]\.\d{1,3}\.\d{1,3}(?:\s|$))?/;

/** Reads an SMTP reply of one or more lines: `550-5.1.1 a\n550 5.1.1 b` becomes `550 5.1.1 a b`. */
export function smtpReply(raw: string): ProviderReply {
  const [, code, first] = FIRST_LINE.exec(raw) ?? [];
  const text = oneLine(raw.includes('\n') ? joinLines(raw) : raw);
  const enhanced = first ?? AT_THE_END.exec(text)?.[1];
  return {
    text,
    ...(code !== undefined && { code: Number(code) }),
    ...(enhanced !== undefined && { enhanced }),
  };
}

/** A reply of our own making, where the other side said nothing. */
export function plainReply(text: string): ProviderReply {
  return { text: oneLine(text) };
}

function joinLines(raw: string): string {
  const [first = '', ...rest] = raw.split(/\r?\n/);
  const opening = first.replace(/^(\d{3})-/, '$1 ');
  return [opening, ...rest.map((line) => line.replace(REPEATED, ''))].join(' ');
}

function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT - 1)}…` : clean;
}
