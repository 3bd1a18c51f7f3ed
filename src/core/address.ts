/**
 * Email addresses, one at a time: RFC 5321 §4.1.2 and RFC 5322 §3.4.1 syntax with the UTF-8 of RFC 6531 and IDN domains,
 * and what is in use beyond that: dots anywhere in a local part, long local parts, underscores in domains. Nothing that
 * holds a control character is an address or a name, so none can start a header line or a command. Lists of addresses
 * are in `mailbox-list.ts`, paths of SMTP in `smtp-path.ts`.
 */

import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Mailbox } from './message.ts';

/** RFC 5321 §4.5.3.1.3, in octets. Its 64 for the local part are not held: replies by address and VERP need more. */
export const MAX_ADDRESS_OCTETS = 254;
const MAX_DOMAIN_OCTETS = 253;
const MAX_NAME_LENGTH = 255;

const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+)*$/u;
/** Characters of a dot-atom with the dots anywhere: `user.@`, `a..b@`. Phones and mail programs have such addresses. */
const LOOSE_ATOM = /^[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}.-]+$/u;
/** What nearly every address looks like, in the spelling that is stored: such a one needs no closer look. */
const ORDINARY = /^[a-z\d_+-]+(?:\.[a-z\d_+-]+)*@(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]{2,63}$/;
const ORDINARY_OCTETS = 64;
/**
 * qtext and quoted-pairs between double quotes; without angle brackets, which SMTP clients refuse for the whole message and
 * header composers take out.
 */
const QUOTED_LOCAL = /^"(?:[^"\\<>]|\\[\x20-;=?-\x7e])+"$/;
const HOST_NAME = /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?\.)*[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/;
/** No top-level domain is a number (RFC 3696 §2); one that is reads as an IPv4 address. */
const NUMERIC_END = /(?:^|\.)\d+$/;
const NOT_ASCII = /[\u0080-\u{10ffff}]/u;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/**
 * White space that is not a space, marks that turn the direction of text, and what stands for bytes that are not UTF-8: in
 * an address they only deceive a reader.
 */
const DECEPTIVE = /[\u00a0\u1680\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff\ufffd]/u;

/**
 * Whether `text` could break out of the line it is put on, or is not Unicode text: control characters (CR, LF and NUL
 * among them), line separators, lone surrogates.
 */
export function isUnsafeText(text: string): boolean {
  return CONTROL.test(text) || !text.isWellFormed();
}

/** Whether the address can only be used where SMTPUTF8 (RFC 6531) is offered. Domains are A-labels, so this is its local part. */
export function needsSmtpUtf8(address: string): boolean {
  return NOT_ASCII.test(address);
}

/** The domain in lower case and as A-labels, or an address literal; undefined when it is neither. */
export function normalizeDomain(text: string): string | undefined {
  if (text.startsWith('[')) return normalizeLiteral(text);
  const domain = NOT_ASCII.test(text) ? domainToASCII(text) : text.toLowerCase();
  const valid = domain.length <= MAX_DOMAIN_OCTETS && HOST_NAME.test(domain) && !NUMERIC_END.test(domain);
  return valid ? domain : undefined;
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). */
function normalizeLiteral(text: string): string | undefined {
  if (!text.endsWith(']')) return undefined;
  const inside = text.slice(1, -1).toLowerCase();
  if (isIPv4(inside)) return `[${inside}]`;
  const v6 = inside.startsWith('ipv6:') ? inside.slice(5) : '';
  return isIPv6(v6) && !v6.includes('%') ? `[IPv6:${v6}]` : undefined;
}

/** A dot-atom, dots anywhere; else a quoted string that escapes no more than it must: so that a mailbox has one spelling. */
function normalizeLocalPart(text: string): string | undefined {
  const local = NOT_ASCII.test(text) ? text.normalize('NFC') : text;
  if (DECEPTIVE.test(local)) return undefined;
  if (LOOSE_ATOM.test(local)) return local;
  if (!QUOTED_LOCAL.test(local)) return undefined;
  const bare = local.slice(1, -1).replace(/\\(.)/g, '$1');
  return LOOSE_ATOM.test(bare) ? bare : quoted(bare);
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Whether `text` is an address that every reader takes for the same, in the one spelling that is stored. */
export function isOrdinaryAddress(text: string): boolean {
  // No part of it can be too long: each is shorter than the whole.
  return text.length <= ORDINARY_OCTETS && ORDINARY.test(text);
}

/** `local@domain` in the one spelling that is stored: domain in lower case and as A-labels. Undefined when it is not an address. */
export function normalizeAddress(text: string): string | undefined {
  if (isOrdinaryAddress(text)) return text;
  if (text.length > MAX_ADDRESS_OCTETS + MAX_DOMAIN_OCTETS || isUnsafeText(text)) return undefined;
  const at = text.lastIndexOf('@');
  if (at < 1) return undefined;
  const local = normalizeLocalPart(text.slice(0, at));
  const domain = normalizeDomain(text.slice(at + 1));
  if (local === undefined || domain === undefined) return undefined;
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) <= MAX_ADDRESS_OCTETS ? address : undefined;
}

/** What is wrong with a text that is not an address, as the end of a sentence that begins with it. */
export function addressFault(text: string): string {
  if (isUnsafeText(text)) return 'has a control character';
  if (Buffer.byteLength(text) > MAX_ADDRESS_OCTETS) return `is longer than ${MAX_ADDRESS_OCTETS} octets`;
  return 'is not an email address such as "user@example.com"';
}

/** Whether `text` is an address that needs no change to be stored. */
export function isAddress(text: string): boolean {
  return normalizeAddress(text) === text;
}

/** The part of an address after its last `@`. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** An address as RFC 5321 and RFC 5322 have it on the wire: a local part with dots where no dot-atom has one is quoted. */
export function wireAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 1 || local.startsWith('"') || DOT_ATOM.test(local)) return address;
  return `${quoted(local)}${address.slice(at)}`;
}

/** A mailbox of an address and a display name; undefined when either cannot be one. */
export function toMailbox(address: string, name = ''): Mailbox | undefined {
  const email = normalizeAddress(address);
  if (email === undefined || !isDisplayName(name)) return undefined;
  return name === '' ? { email } : { email, name };
}

export function isDisplayName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && !isUnsafeText(name);
}

/** The text of a mailbox, which `readMailbox` reads back as it was. */
export function formatMailbox({ email, name }: Mailbox): string {
  return name === undefined ? wireAddress(email) : `${quoted(name)} <${wireAddress(email)}>`;
}
