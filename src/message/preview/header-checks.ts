/** What receivers look for in a header, as far as it can be known before the mail leaves. */

import type { Mail } from './mail.ts';

export interface HeaderCheck {
  /** A header field, `DKIM`, `SPF` or `Size`. */
  readonly about: string;
  readonly state: 'good' | 'warn' | 'bad';
  readonly text: string;
}

/** What is known of the message besides its bytes. */
export interface KnownOfMail {
  /** Reverse path; empty for the null sender. */
  readonly envelopeFrom: string;
  /** IEP has a DKIM key for this domain, with which providers that leave signing to it sign. */
  readonly signsFor: string | undefined;
  /** Epoch ms at which it was accepted. */
  readonly at: number;
}

/** Gmail shows no more of a mail's HTML than about this, and a link to the rest. */
const CLIPPED_BYTES = 102_400;
const DAY_MS = 24 * 3_600_000;

export function checkHeader(mail: Mail, known: KnownOfMail): readonly HeaderCheck[] {
  const valuesOf = (name: string) =>
    mail.headers.filter((field) => field.name.toLowerCase() === name).map(({ value }) => value.trim());
  return [
    checkFrom(valuesOf('from')),
    checkTo(mail),
    checkSubject(valuesOf('subject'), mail.subject),
    checkDate(valuesOf('date'), known.at),
    checkMessageId(valuesOf('message-id')),
    checkUnsubscribe(valuesOf('list-unsubscribe')[0], valuesOf('list-unsubscribe-post')[0]),
    checkDkim(valuesOf('dkim-signature'), domainOf(mail.from), known.signsFor),
    checkSpf(domainOf(mail.from), known.envelopeFrom),
    checkParts(mail),
    ...checkSize(mail),
  ];
}

function checkFrom(values: readonly string[]): HeaderCheck {
  const about = 'From';
  if (values.length === 0) return { about, state: 'bad', text: 'The field is missing; a message has exactly one' };
  if (values.length > 1)
    return { about, state: 'bad', text: 'The field stands there more than once; receivers refuse that' };
  return { about, state: 'good', text: 'One field with an address' };
}

function checkTo({ to, cc }: Mail): HeaderCheck {
  if (to !== '' || cc !== '') return { about: 'To', state: 'good', text: 'Names a recipient' };
  return { about: 'To', state: 'warn', text: 'Neither To nor Cc names a recipient, as spam often does' };
}

function checkSubject(values: readonly string[], subject: string): HeaderCheck {
  const about = 'Subject';
  if (values.length > 1) return { about, state: 'bad', text: 'The field stands there more than once' };
  if (subject.trim() === '') return { about, state: 'warn', text: 'There is no subject' };
  return { about, state: 'good', text: 'One field with a text' };
}

function checkDate([value]: readonly string[], at: number): HeaderCheck {
  const about = 'Date';
  if (value === undefined) return { about, state: 'bad', text: 'The field is missing' };
  const time = Date.parse(value);
  if (Number.isNaN(time)) return { about, state: 'bad', text: 'The field holds no date' };
  if (Math.abs(time - at) > DAY_MS) {
    return { about, state: 'warn', text: 'The date is more than a day from when the message was accepted' };
  }
  return { about, state: 'good', text: 'A date of this message' };
}

function checkMessageId([value]: readonly string[]): HeaderCheck {
  const about = 'Message-ID';
  if (value === undefined) return { about, state: 'warn', text: 'The field is missing' };
  if (!/^<[^<>@\s]+@[^<>@\s]+>$/.test(value))
    return { about, state: 'warn', text: 'It is not of the form <id@domain>' };
  return { about, state: 'good', text: 'An id with a domain' };
}

/** RFC 2369 and 8058; Gmail and Yahoo ask bulk senders for both fields. */
function checkUnsubscribe(list: string | undefined, post: string | undefined): HeaderCheck {
  const about = 'List-Unsubscribe';
  if (list === undefined) return { about, state: 'warn', text: 'The field is missing; mail to many needs it' };
  const isOneClick = /<https:\/\/[^<>\s]+>/i.test(list) && post?.toLowerCase() === 'list-unsubscribe=one-click';
  if (isOneClick) return { about, state: 'good', text: 'One click unsubscribes (RFC 8058)' };
  return {
    about,
    state: 'warn',
    text: 'One click does not unsubscribe: that needs an https link and List-Unsubscribe-Post',
  };
}

function checkDkim(signatures: readonly string[], from: string, signsFor: string | undefined): HeaderCheck {
  const about = 'DKIM';
  const domains = signatures.flatMap((value) => /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(value)?.[1]?.toLowerCase() ?? []);
  const aligned = domains.find((domain) => isAligned(domain, from));
  if (aligned !== undefined) return { about, state: 'good', text: `Signed by ${aligned}, which is aligned with From` };
  if (signsFor !== undefined && isAligned(signsFor, from)) {
    return {
      about,
      state: 'good',
      text: `Signed as ${signsFor} when it leaves by a provider that leaves signing to IEP`,
    };
  }
  if (domains.length > 0)
    return { about, state: 'warn', text: `Signed by ${domains[0]}, which is not aligned with From` };
  return {
    about,
    state: 'warn',
    text: `There is no DKIM key of ${from || 'its domain'} here: add the domain, or the provider has to sign`,
  };
}

function checkSpf(from: string, envelopeFrom: string): HeaderCheck {
  const about = 'SPF';
  const domain = envelopeFrom.slice(envelopeFrom.lastIndexOf('@') + 1).toLowerCase();
  if (envelopeFrom === '')
    return { about, state: 'warn', text: 'The envelope has no sender, so that SPF cannot be aligned' };
  if (isAligned(domain, from))
    return { about, state: 'good', text: `The envelope sender is of ${domain}, which is aligned with From` };
  return { about, state: 'warn', text: `The envelope sender is of ${domain}, which is not aligned with From` };
}

function checkParts({ html, text }: Mail): HeaderCheck {
  const about = 'Parts';
  if (html !== undefined && text === undefined) {
    return { about, state: 'warn', text: 'There is no text for readers that do not take HTML' };
  }
  return { about, state: 'good', text: html === undefined ? 'Text' : 'HTML and text' };
}

function checkSize({ html = '' }: Mail): readonly HeaderCheck[] {
  const bytes = Buffer.byteLength(html);
  if (bytes <= CLIPPED_BYTES) return [];
  return [
    {
      about: 'Size',
      state: 'warn',
      text: `The HTML has ${Math.round(bytes / 1024)} KiB; Gmail shows about 102 KiB and clips the rest`,
    },
  ];
}

/** As DMARC's relaxed mode has it, as far as that goes without the list of public suffixes: one is the other or below it. */
function isAligned(one: string, other: string): boolean {
  return one !== '' && (one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`));
}

function domainOf(mailbox: string): string {
  return /@([^\s@>]+)>?\s*$/.exec(mailbox)?.[1]?.toLowerCase() ?? '';
}
