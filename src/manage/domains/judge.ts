/** What was found in DNS against what should be there, as pure functions: one verdict and one sentence for each record. */

import type { DkimKey, RecordFinding } from '../../db/verbs/domains.ts';
import { bareName, type DnsAnswer } from './dns.ts';

export interface RecordVerdict {
  readonly status: RecordFinding;
  readonly found: readonly string[];
  readonly detail: string;
}

const ok = (found: readonly string[], detail: string): RecordVerdict => ({ status: 'ok', found, detail });
const wrong = (found: readonly string[], detail: string): RecordVerdict => ({ status: 'wrong', found, detail });
const missing = (detail: string): RecordVerdict => ({ status: 'missing', found: [], detail });

/** No answer says nothing about the domain. */
function unanswered(answer: DnsAnswer): RecordVerdict | undefined {
  if (answer.kind !== 'failed') return undefined;
  return { status: 'dns_failure', found: [], detail: `DNS could not be asked: ${answer.reason}` };
}

function valuesOf(answer: DnsAnswer): readonly string[] {
  return answer.kind === 'found' ? answer.values : [];
}

// ------------------------------------------------------------------------------------------------------------ SPF

interface SpfTerm {
  readonly qualifier: string;
  readonly name: string;
  readonly value: string;
  readonly isModifier: boolean;
}

/** RFC 7208 §12: `[qualifier] name [":" value]` for a mechanism, `name "=" value` for a modifier. */
const SPF_TERM = /^([+?~-]?)([a-z][a-z0-9_.-]*)(?:([:=/])(.*))?$/i;

/** `include` absent: only that there is one record is judged. */
export function judgeSpf(answer: DnsAnswer, include: string | undefined): RecordVerdict {
  const failed = unanswered(answer);
  if (failed) return failed;
  const records = valuesOf(answer).filter((text) => /^v=spf1(?: |$)/i.test(text));
  const [record, second] = records;
  if (record === undefined) return missing('The domain has no SPF record (a TXT record that begins with v=spf1)');
  if (second !== undefined) {
    return wrong(records, `There are ${records.length} SPF records and there may be one (RFC 7208 §4.5): join them`);
  }
  const terms = record.split(/ +/).slice(1).filter(Boolean).map(readTerm);
  if (terms.includes(undefined)) return wrong(records, 'The SPF record has a term that cannot be read');
  if (include === undefined) return ok(records, 'There is one SPF record; which include it needs is not configured');

  const all = terms.findIndex((term) => term?.name === 'all' && !term.isModifier);
  const at = terms.findIndex((term) => names(term, include));
  const term = terms[at];
  if (term === undefined) {
    return wrong(
      records,
      `The SPF record does not include ${include}; it should read: ${withInclude(record, include)}`,
    );
  }
  if (term.isModifier ? all !== -1 : all !== -1 && all < at) {
    return wrong(records, `The SPF record names ${include} where it is never looked at, because of "all"`);
  }
  if (term.qualifier !== '' && term.qualifier !== '+') {
    return wrong(
      records,
      `The SPF record says "${term.qualifier}include:${include}", which does not let its servers pass`,
    );
  }
  return ok(records, `The SPF record includes ${include}`);
}

function readTerm(text: string): SpfTerm | undefined {
  const [, qualifier = '', name = '', separator, value = ''] = SPF_TERM.exec(text) ?? [];
  if (name === '') return undefined;
  return { qualifier, name: name.toLowerCase(), value, isModifier: separator === '=' };
}

function names(term: SpfTerm | undefined, include: string): boolean {
  if (term === undefined || bareName(term.value) !== bareName(include)) return false;
  return term.isModifier ? term.name === 'redirect' : term.name === 'include';
}

/** Before what decides for everybody else. */
function withInclude(record: string, include: string): string {
  const terms = record.split(/ +/).filter(Boolean);
  const end = terms.findIndex((term) => /^[+?~-]?all$/i.test(term) || /^redirect=/i.test(term));
  return terms.toSpliced(end === -1 ? terms.length : end, 0, `include:${include}`).join(' ');
}

// ----------------------------------------------------------------------------------------------------------- DKIM

/** A tag list (RFC 6376 §3.2); undefined where it is none, or says a tag twice. */
function readTags(text: string): ReadonlyMap<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals < 1 || !/^[a-z]\w*$/i.test(name) || tags.has(name)) return undefined;
    tags.set(name, part.slice(equals + 1).trim());
  }
  return tags;
}

export function judgeDkim(
  answer: DnsAnswer,
  key: Pick<DkimKey, 'algorithm' | 'publicKey' | 'selector'>,
): RecordVerdict {
  const failed = unanswered(answer);
  if (failed) return failed;
  const found = valuesOf(answer);
  const [record, second] = found;
  const { selector } = key;
  if (record === undefined) return missing(`The selector ${selector} has no DKIM record`);
  if (second !== undefined)
    return wrong(found, `There are ${found.length} records for the selector ${selector}; there may be one`);
  const tags = readTags(record);
  const version = tags?.get('v');
  if (tags === undefined || (version !== undefined && (version !== 'DKIM1' || !/^\s*v\s*=/.test(record)))) {
    return wrong(found, `The record for the selector ${selector} is not a DKIM record`);
  }
  const published = tags.get('p')?.replace(/\s+/g, '');
  if (published === undefined) return wrong(found, `The DKIM record for ${selector} has no key (p=)`);
  if (published === '') return wrong(found, `The DKIM record for ${selector} has an empty p=: the key is revoked`);
  const type = key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
  if ((tags.get('k') ?? 'rsa') !== type) return wrong(found, `The DKIM record for ${selector} must say k=${type}`);
  if (published !== key.publicKey) return wrong(found, `The DKIM record for ${selector} holds another key`);
  const hashes = tags
    .get('h')
    ?.split(':')
    .map((hash) => hash.trim());
  if (hashes !== undefined && !hashes.includes('sha256'))
    return wrong(found, `The DKIM record for ${selector} does not allow sha256`);
  const services = tags
    .get('s')
    ?.split(':')
    .map((service) => service.trim());
  if (services !== undefined && !services.some((service) => service === '*' || service === 'email')) {
    return wrong(found, `The DKIM record for ${selector} is not for email (s=)`);
  }
  const flags =
    tags
      .get('t')
      ?.split(':')
      .map((flag) => flag.trim()) ?? [];
  if (flags.includes('y')) return ok(found, `The DKIM key is published, as a test (t=y): receivers may ignore it`);
  return ok(found, 'The DKIM key is published');
}

// ---------------------------------------------------------------------------------------------------------- DMARC

/** `at`: the name that the answer is about, which may be of a domain above. */
export function judgeDmarc(
  answer: DnsAnswer,
  { domain, at }: { readonly domain: string; readonly at: string },
): RecordVerdict {
  const failed = unanswered(answer);
  if (failed) return failed;
  const records = dmarcRecords(answer);
  const [record, second] = records;
  if (record === undefined) return missing(`Neither ${domain} nor a domain above it has a DMARC record`);
  if (second !== undefined)
    return wrong(records, `There are ${records.length} DMARC records; receivers ignore them all`);
  const tags = readTags(record);
  const isInherited = at !== domain;
  const policy = ((isInherited ? tags?.get('sp') : undefined) ?? tags?.get('p'))?.toLowerCase();
  if (policy === undefined || !['none', 'quarantine', 'reject'].includes(policy)) {
    return wrong(records, 'The DMARC record has no policy: p= must be none, quarantine or reject');
  }
  return ok(records, `The DMARC policy is ${policy}${isInherited ? `, that of ${at}` : ''}`);
}

export function dmarcRecords(answer: DnsAnswer): readonly string[] {
  return valuesOf(answer).filter((text) => /^v\s*=\s*DMARC1\s*(?:;|$)/.test(text));
}

// ---------------------------------------------------------------------------------------------------- return path

export function judgeReturnPath(
  answers: { readonly cname: DnsAnswer; readonly mx: DnsAnswer },
  target: string,
): RecordVerdict {
  const host = bareName(target);
  const aliases = valuesOf(answers.cname);
  if (aliases.includes(host)) return ok(aliases, `The return path is an alias of ${host}`);
  const exchanges = valuesOf(answers.mx);
  if (exchanges.includes(host)) return ok(exchanges, `The return path’s mail goes to ${host}`);
  const failed = unanswered(answers.cname) ?? unanswered(answers.mx);
  if (failed) return failed;
  const found = [...aliases, ...exchanges];
  if (found.length === 0) return missing(`The return path has neither a CNAME nor an MX record to ${host}`);
  return wrong(found, `The return path leads to ${found.join(', ')} and not to ${host}`);
}
