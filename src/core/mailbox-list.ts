/**
 * Lists of mailboxes as people and header fields write them (RFC 5322 §3.4): names, quoted strings, comments, groups, and
 * `;` between mailboxes as some mail programs have it. Every door reads with this one. Each character is looked at once,
 * and nothing of the text is passed over in silence: what is not a mailbox is told.
 */

import { addressFault, isOrdinaryAddress, isUnsafeText, normalizeAddress, toMailbox } from './address.ts';
import type { Mailbox } from './message.ts';

export interface UnreadableMailbox {
  /** What stands where a mailbox should. */
  readonly text: string;
  /** What of it stands where the address should: a user's name perhaps, which has a domain only on its own machine. */
  readonly address: string;
  /** The end of a sentence that begins with the text. */
  readonly fault: string;
}

export interface MailboxList {
  readonly mailboxes: readonly Mailbox[];
  readonly unreadable: readonly UnreadableMailbox[];
  /** No other reader can take the text for other mailboxes than these. */
  readonly clear: boolean;
}

export interface MailboxListOptions {
  /** Decodes a display name; as it stands where absent. */
  readonly decode?: (name: string) => string;
  /** Words before a comma that are not a mailbox belong to the name after it: `Last, First <user@example.com>`. */
  readonly joinNames?: boolean;
}

/** Longer pieces of a text are not repeated in what is said of it. */
const TOLD_LENGTH = 80;

export function readMailboxList(value: string, options: MailboxListOptions = {}): MailboxList {
  // Nearly all that programs write, and a tenth of the work.
  const bare = value.startsWith('<') && value.endsWith('>') ? value.slice(1, -1) : value;
  if (isOrdinaryAddress(bare)) return { mailboxes: [{ email: bare }], unreadable: [], clear: true };
  if (isUnsafeText(value)) {
    return { mailboxes: [], unreadable: [unreadable(value, value, addressFault(value))], clear: false };
  }
  const mailboxes: Mailbox[] = [];
  const wrong: UnreadableMailbox[] = [];
  let clear = true;
  let words: Item[] = [];
  for (const item of readItems(value)) {
    if (options.joinNames === true && item.end === ',' && isWords(item)) {
      words.push(item);
      continue;
    }
    const isNamed = words.length > 0 && item.angle !== undefined && item.name !== '';
    if (!isNamed) wrong.push(...words.map(unreadableItem));
    const name = isNamed ? [...words, item].map((one) => one.name).join(', ') : item.name;
    const mailbox = toItemMailbox({ ...item, name }, options);
    if (mailbox === undefined) wrong.push(unreadableItem(item));
    else mailboxes.push(mailbox);
    clear &&= item.clear && !isNamed;
    words = [];
  }
  wrong.push(...words.map(unreadableItem));
  return { mailboxes, unreadable: wrong, clear: clear && wrong.length === 0 };
}

/** Reads `user@example.com` or `Name <user@example.com>`; undefined where it is anything but one mailbox. */
export function readMailbox(text: string): Mailbox | undefined {
  const { mailboxes, unreadable } = readMailboxList(text.trim(), { joinNames: true });
  return mailboxes.length === 1 && unreadable.length === 0 ? mailboxes[0] : undefined;
}

/** What stands between two separators. */
interface Item {
  /** All of it, as it was written. */
  readonly text: string;
  /** What stands outside of angle brackets, as a name: quotes undone, comments kept. */
  readonly name: string;
  /** The same as an address: quotes kept, comments left out. */
  readonly bare: string;
  /** What stands between angle brackets. */
  readonly angle: string | undefined;
  /** The last comment. */
  readonly comment: string;
  /** Why it cannot be a mailbox, whatever it holds. */
  readonly fault: string | undefined;
  readonly clear: boolean;
  readonly end: string;
}

/** Words that may be the first part of a name with commas. */
function isWords({ angle, bare, fault }: Item): boolean {
  return angle === undefined && fault === undefined && !bare.includes('@');
}

function toItemMailbox(item: Item, { decode }: MailboxListOptions): Mailbox | undefined {
  if (item.fault !== undefined) return undefined;
  const address = item.angle ?? item.bare;
  const name = item.angle === undefined || item.name === '' ? item.comment : item.name;
  const mailbox = toMailbox(address, decode?.(name) ?? name);
  // A header only shows the name: a name that cannot be kept is lost, and its mailbox stays.
  return mailbox ?? (decode === undefined ? undefined : toMailbox(address));
}

function unreadableItem({ text, angle, bare, fault }: Item): UnreadableMailbox {
  const address = angle ?? bare;
  const isAddress = normalizeAddress(address) !== undefined;
  return unreadable(text, address, fault ?? (isAddress ? 'has a name that is too long' : addressFault(address)));
}

function unreadable(text: string, address: string, fault: string): UnreadableMailbox {
  const told = text.length > TOLD_LENGTH ? `${text.slice(0, TOLD_LENGTH).toWellFormed()}…` : text;
  return { text: told, address, fault };
}

/** One (RFC 2047) that leaves the `@` of a name as it is. */
const ENCODED_WORD = /^=\?[^?]+\?[bq]\?[^?]*\?=$/i;
/** What ends a run of characters that mean nothing by themselves. */
const STOP = /[\t ",;:(<>[]/g;
const LITERAL_END = /[\t ",;(<>\]]/g;

interface Scan {
  readonly value: string;
  at: number;
  inGroup: boolean;
}

/** The items of a list; empty ones are left out. */
function* readItems(value: string): Generator<Item> {
  const scan: Scan = { value, at: 0, inGroup: false };
  const lastSemicolon = value.lastIndexOf(';');
  while (scan.at < value.length) {
    const item = readItem(scan, lastSemicolon);
    if (item !== undefined && (item.bare !== '' || item.angle !== undefined || item.fault !== undefined)) yield item;
  }
}

/** Reads on to the end of an item; undefined where it was the name of a group (`Name: … ;`). */
function readItem(scan: Scan, lastSemicolon: number): Item | undefined {
  const { value } = scan;
  const start = scan.at;
  const name = createName();
  const bare = createAddress();
  let angle: Address | undefined;
  /** Comments that some readers may take for the address. */
  const told: string[] = [];
  let comment = '';
  let fault: string | undefined;
  let clear = true;
  let end = '';

  while (scan.at < value.length && end === '') {
    const c = value.charAt(scan.at);
    if (c === ',' || c === ';') {
      end = c;
      scan.at += 1;
    } else if (c === ' ' || c === '\t') {
      name.space();
      bare.space();
      scan.at += 1;
    } else if (c === ':' && scan.at < lastSemicolon && !scan.inGroup && angle === undefined && !bare.hasAt()) {
      // Without a `;` to come the colon belongs to a name.
      scan.at += 1;
      scan.inGroup = true;
      return undefined;
    } else if (c === '(') {
      const read = readComment(scan);
      if (read === undefined) fault ??= 'has a parenthesis that is not closed';
      comment = read ?? '';
      if (isAddressLike(comment)) told.push(comment);
      name.comment(comment);
      bare.space();
    } else if (c === '<') {
      const read = readAngle(scan);
      for (const text of read.before) name.add(text);
      if (read.before.length > 0) clear = false;
      if (read.address === undefined) fault ??= 'has a < that is not closed';
      if (angle !== undefined) fault ??= 'has more than one address';
      angle = read.address;
    } else {
      if (angle !== undefined) fault ??= 'has text after its address';
      const read = c === '"' ? readQuoted(scan) : readRun(scan, bare);
      if (read === undefined) fault ??= 'has a quote that is not closed';
      name.add(c === '"' ? unquoted(read ?? '') : (read ?? ''));
      bare.add(read ?? '');
    }
  }
  if (end === ';') scan.inGroup = false;
  // A name that is the address itself misleads nobody; any other with an `@` is an address to some readers.
  const isNameOdd = angle !== undefined && bare.hasAt() && bare.text().toLowerCase() !== angle.text().toLowerCase();
  const isCommentOdd = told.some((one) => one.toLowerCase() !== (angle ?? bare).text().toLowerCase());
  const isOdd = (angle ?? bare).isOdd() || isNameOdd || isCommentOdd;
  return {
    text: value.slice(start, scan.at - end.length).trim(),
    name: name.text(),
    bare: bare.text(),
    angle: angle?.text(),
    comment,
    fault,
    clear: clear && !isOdd,
    end,
  };
}

/** What stands between `<` and `>`; what comes before the last `<` of several belongs to the name. */
function readAngle(scan: Scan): { readonly before: readonly string[]; readonly address: Address | undefined } {
  const { value } = scan;
  const before: string[] = [];
  let start = scan.at;
  let address = createAddress();
  scan.at += 1;
  while (scan.at < value.length) {
    const c = value.charAt(scan.at);
    if (c === '>') {
      scan.at += 1;
      return { before, address };
    }
    if (c === '<') {
      before.push(value.slice(start, scan.at).trim());
      start = scan.at;
      address = createAddress();
      scan.at += 1;
    } else if (c === ':' && address.isRoute()) {
      // A source route (RFC 5322 §4.4): what matters comes after it.
      address = createAddress({ odd: true });
      scan.at += 1;
    } else if ((c === ',' && !address.isRoute()) || c === ';') {
      break;
    } else if (c === ' ' || c === '\t') {
      address.space();
      scan.at += 1;
    } else if (c === '(') {
      const comment = readComment(scan);
      if (comment === undefined) break;
      address.space();
      if (isAddressLike(comment)) address.doubt();
    } else {
      const read = c === '"' ? readQuoted(scan) : readRun(scan, address);
      if (read === undefined) break;
      address.add(read);
    }
  }
  return { before, address: undefined };
}

/** Characters up to the next that means something, one at least; a domain literal whole. */
function readRun(scan: Scan, before: Address): string {
  const from = scan.at;
  const isLiteral = scan.value.charAt(from) === '[' && before.endsInAt();
  const stop = isLiteral ? LITERAL_END : STOP;
  stop.lastIndex = from + 1;
  const found = stop.exec(scan.value)?.index ?? scan.value.length;
  scan.at = isLiteral && scan.value.charAt(found) === ']' ? found + 1 : found;
  return scan.value.slice(from, scan.at);
}

/** A quoted string with its quotes; undefined where it does not end, and then it takes all that is left. */
function readQuoted(scan: Scan): string | undefined {
  const from = scan.at;
  for (scan.at += 1; scan.at < scan.value.length; scan.at += 1) {
    const c = scan.value.charAt(scan.at);
    if (c === '\\') scan.at += 1;
    else if (c === '"') {
      scan.at += 1;
      return scan.value.slice(from, scan.at);
    }
  }
  return undefined;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

/** A comment without its parentheses, others inside kept; undefined where it does not end. */
function readComment(scan: Scan): string | undefined {
  const from = scan.at + 1;
  let depth = 0;
  for (; scan.at < scan.value.length; scan.at += 1) {
    const c = scan.value.charAt(scan.at);
    if (c === '\\') scan.at += 1;
    else if (c === '(') depth += 1;
    else if (c === ')' && --depth === 0) {
      scan.at += 1;
      return scan.value
        .slice(from, scan.at - 1)
        .replace(/\\(.)/g, '$1')
        .trim();
    }
  }
  return undefined;
}

function isAddressLike(comment: string): boolean {
  return comment.includes('<') || comment.includes('@');
}

/** A display name, put together from its pieces. */
function createName() {
  const pieces: string[] = [];
  let spaced = false;
  const add = (piece: string): void => {
    if (spaced && pieces.length > 0) pieces.push(' ');
    spaced = false;
    pieces.push(piece);
  };
  return {
    add,
    space(): void {
      spaced = true;
    },
    /** It is part of a name that has begun. */
    comment(text: string): void {
      if (pieces.length > 0) add(`(${text})`);
      spaced = true;
    },
    text: () => pieces.join(''),
  };
}

type Address = ReturnType<typeof createAddress>;

/** An address, put together from its pieces. `odd`: another reader may take it for another one. */
function createAddress({ odd = false } = {}) {
  const pieces: string[] = [];
  let spaced = false;
  let hasAt = false;
  let isOdd = odd;
  return {
    add(piece: string): void {
      if (spaced && pieces.length > 0) {
        // Around `@` and `.` white space and comments are obsolete syntax (RFC 5322 §4.4), and no part of the address.
        if (/[@.]$/.test(pieces.at(-1) ?? '') || /^[@.]/.test(piece)) isOdd = true;
        else pieces.push(' ');
      }
      spaced = false;
      pieces.push(piece);
      if (piece.startsWith('"')) return;
      hasAt ||= piece.includes('@') && !ENCODED_WORD.test(piece);
      isOdd ||= piece.includes('\\') || piece.includes('=?');
    },
    space(): void {
      spaced = true;
    },
    doubt(): void {
      isOdd = true;
    },
    text: () => pieces.join(''),
    hasAt: () => hasAt,
    isOdd: () => isOdd,
    endsInAt: () => !spaced && (pieces.at(-1)?.endsWith('@') ?? false),
    /** It begins with `@`, as a source route does and no address. */
    isRoute: () => pieces[0]?.startsWith('@') === true,
  };
}

/** Characters of a text that may name many mailboxes. */
export const MAX_MAILBOXES_LENGTH = 64 * 1024;
