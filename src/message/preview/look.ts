/** What is asked of a message's bytes, and what is answered: the work of the thread that reads mail for people. */

import { cleanHtml, TooDeep } from './clean-html.ts';
import type { SupportFact } from './client-support.ts';
import { clientWarnings } from './features.ts';
import { framePage, textPage } from './frame.ts';
import { checkHeader, type HeaderCheck, type KnownOfMail } from './header-checks.ts';
import { linksOf, type MailLink } from './links.ts';
import { type Mail, readMail } from './mail.ts';
import { PICTURE_TYPES, pictureProof } from './pictures.ts';

/** Where pictures from outside come from, for one view of one mail. */
export interface PictureSource {
  /** The path in front of the query. */
  readonly path: string;
  readonly key: Uint8Array;
}

export interface FrameOptions {
  readonly scheme: 'light' | 'dark';
  /** Absent: nothing from outside is shown. */
  readonly pictures?: PictureSource;
}

export type Ask =
  | { readonly kind: 'view'; readonly known: KnownOfMail }
  | ({ readonly kind: 'frame' } & FrameOptions)
  | { readonly kind: 'links' }
  | { readonly kind: 'attachment'; readonly n: number };

export interface MailView {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly replyTo: string;
  readonly headers: Mail['headers'];
  readonly text: string | undefined;
  readonly hasHtml: boolean;
  /** Pictures from outside. */
  readonly remotePictures: number;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly size: number;
    readonly contentId?: string;
    readonly isInline: boolean;
  }[];
  readonly links: readonly MailLink[];
  readonly checks: readonly HeaderCheck[];
  readonly warnings: readonly Omit<SupportFact, 'sample' | 'found'>[];
}

export interface Attached {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** `unreadable`: it goes beyond what is read. `absent`: it has no such attachment. */
export type Looked =
  | { readonly kind: 'view'; readonly view: MailView }
  | { readonly kind: 'frame'; readonly page: string }
  | { readonly kind: 'links'; readonly links: readonly MailLink[] }
  | { readonly kind: 'attachment'; readonly file: Attached }
  | { readonly kind: 'unreadable' | 'absent' };

/** Characters of HTML that are shown. */
const MAX_HTML = 6_000_000;
const MAX_TEXT = 500_000;
/** Pictures from outside that one view shows; bytes of those in the mail. */
const MAX_PICTURES = 200;
const MAX_INLINE_BYTES = 15_000_000;
const DATA_PICTURE = /^data:(image\/[a-z.-]+);base64,[a-z0-9+/=\s]*$/i;
const TOO_DEEP = 'The HTML is nested too deep to be shown; this is its text.';

export async function look(bytes: Uint8Array, ask: Ask): Promise<Looked> {
  const mail = await readMail(bytes);
  if (mail === undefined) return { kind: 'unreadable' };
  switch (ask.kind) {
    case 'view':
      return { kind: 'view', view: viewOf(mail, ask.known) };
    case 'frame':
      return { kind: 'frame', page: frameOf(mail, ask) };
    case 'links':
      return { kind: 'links', links: unlessDeep(() => linksOf(htmlOf(mail)), []) };
    case 'attachment': {
      const part = mail.attachments[ask.n];
      return part === undefined ? { kind: 'absent' } : { kind: 'attachment', file: part };
    }
  }
}

function viewOf(mail: Mail, known: KnownOfMail): MailView {
  const { subject, from, to, cc, replyTo, headers, text, attachments } = mail;
  const html = htmlOf(mail);
  return {
    ...{ subject, from, to, cc, replyTo, headers },
    text: text?.slice(0, MAX_TEXT),
    hasHtml: mail.html !== undefined,
    remotePictures: unlessDeep(() => countRemote(html), 0),
    attachments: attachments.map(({ bytes, ...file }) => ({ ...file, size: bytes.byteLength })),
    links: unlessDeep(() => linksOf(html), []),
    checks: checkHeader(mail, known),
    warnings: unlessDeep(() => clientWarnings(html), []).map(({ sample: _, found: __, ...row }) => row),
  };
}

function frameOf(mail: Mail, { scheme, pictures }: FrameOptions): string {
  const about = { title: mail.subject || '(no subject)', scheme };
  if (mail.html === undefined) return textPage(mail.text?.slice(0, MAX_TEXT) ?? '', about);
  try {
    return framePage(cleanHtml(htmlOf(mail), { scheme, pictureOf: picturesOf(mail, pictures) }), about);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return textPage(mail.text?.slice(0, MAX_TEXT) ?? '', { ...about, note: TOO_DEEP });
  }
}

function htmlOf({ html = '' }: Mail): string {
  return html.slice(0, MAX_HTML);
}

function unlessDeep<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TooDeep) return otherwise;
    throw error;
  }
}

function isRemote(url: string): boolean {
  return /^https?:\/\//i.test(url.trim());
}

function countRemote(html: string): number {
  const found = new Set<string>();
  cleanHtml(html, {
    scheme: 'light',
    pictureOf(url) {
      if (isRemote(url)) found.add(url);
      return undefined;
    },
  });
  return found.size;
}

/** Pictures of the mail itself, and those from outside by the path that this view has for them. */
function picturesOf(mail: Mail, source: PictureSource | undefined): (url: string) => string | undefined {
  const given = new Map<string, string | undefined>();
  let remote = 0;
  let inline = 0;

  const find = (url: string): string | undefined => {
    if (/^cid:/i.test(url)) {
      const part = mail.attachments.find(({ contentId }) => contentId === decoded(url.slice(4)));
      if (part === undefined || !PICTURE_TYPES.has(part.contentType)) return undefined;
      inline += part.bytes.byteLength;
      if (inline > MAX_INLINE_BYTES) return undefined;
      return `data:${part.contentType};base64,${Buffer.from(part.bytes).toString('base64')}`;
    }
    const data = DATA_PICTURE.exec(url)?.[1]?.toLowerCase();
    if (data !== undefined) return PICTURE_TYPES.has(data) ? url : undefined;
    if (source === undefined || !isRemote(url) || remote >= MAX_PICTURES) return undefined;
    remote += 1;
    return `${source.path}?url=${encodeURIComponent(url)}&proof=${pictureProof(url, source.key)}`;
  };
  return (address) => {
    const url = address.trim();
    if (!given.has(url)) given.set(url, find(url));
    return given.get(url);
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // percent signs that encode nothing
  }
}
