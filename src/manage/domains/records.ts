/** The DNS records that the owner of a sender domain publishes, so that receivers believe mail that IEP sends for it. */

import type { DkimKey, RecordPurpose, SenderDomain } from '../../db/verbs/domains.ts';
import { dkimRecord } from '../../message/dkim/make-keys.ts';

/** What the operator says once for all domains. */
export interface DomainNames {
  /** The name whose SPF record lists the servers that mail leaves from. */
  readonly spfInclude?: string | undefined;
  /** The host that takes what bounces. */
  readonly returnPath?: string | undefined;
  /** The mailbox that DMARC reports go to. */
  readonly dmarcReports?: string | undefined;
}

export interface DnsRecord {
  readonly purpose: RecordPurpose;
  readonly type: 'TXT' | 'CNAME';
  readonly name: string;
  readonly value: string;
  readonly ttl: number;
  /** Whether the domain is verified only with it. */
  readonly required: boolean;
  /** What a person should know before publishing it. */
  readonly note?: string;
}

const TTL_SECONDS = 3_600;
const SPF_PLACEHOLDER = 'YOUR-PROVIDERS-SPF-INCLUDE';

export function recordsOf({ domain, keys }: Pick<SenderDomain, 'domain' | 'keys'>, names: DomainNames): DnsRecord[] {
  const record = (one: Omit<DnsRecord, 'ttl'>): DnsRecord => ({ ...one, ttl: TTL_SECONDS });
  return [
    record({
      ...{ purpose: 'spf', type: 'TXT', name: domain, required: true },
      value: `v=spf1 include:${names.spfInclude ?? SPF_PLACEHOLDER} ~all`,
      note:
        names.spfInclude === undefined
          ? `Put your provider's SPF include in place of ${SPF_PLACEHOLDER}; the operator can set it as domains.spfInclude`
          : 'A domain has one SPF record: where there is one already, add the include to it',
    }),
    ...keys.map((key) =>
      record({
        ...{ purpose: 'dkim', type: 'TXT', name: dkimName(key, domain), value: dkimRecord(key) },
        required: isRequired(key),
        note: dkimNote(key),
      }),
    ),
    record({
      ...{ purpose: 'dmarc', type: 'TXT', name: `_dmarc.${domain}`, required: false },
      value: `v=DMARC1; p=none${names.dmarcReports === undefined ? '' : `; rua=mailto:${names.dmarcReports}`}`,
      note: 'Advised. Make it p=quarantine or p=reject once the reports show that all your mail passes',
    }),
    ...(names.returnPath === undefined
      ? []
      : [
          record({
            ...{ purpose: 'return-path', type: 'CNAME', name: returnPathName(domain), value: names.returnPath },
            required: false,
            note: 'Advised: bounces to this name come back to the platform',
          }),
        ]),
  ];
}

/** What the operator has not said yet, one sentence each. */
export function missingNames(names: DomainNames): string[] {
  const missing: string[] = [];
  if (names.spfInclude === undefined) {
    missing.push(
      'domains.spfInclude is not set: the SPF record cannot name your provider, and only its form is checked.',
    );
  }
  if (names.returnPath === undefined) {
    missing.push('domains.returnPath is not set: there is no return path to publish.');
  }
  return missing;
}

export function dkimName({ selector }: Pick<DkimKey, 'selector'>, domain: string): string {
  return `${selector}._domainkey.${domain}`;
}

export function returnPathName(domain: string): string {
  return `bounces.${domain}`;
}

/** Every verifier knows RSA; Ed25519 is signed with in addition, where its record is there. */
export function isRequired({ algorithm, state }: Pick<DkimKey, 'algorithm' | 'state'>): boolean {
  return algorithm === 'rsa-sha256' && state === 'active';
}

function dkimNote({ algorithm, state }: DkimKey): string {
  if (state === 'next') return 'The next key: it signs as soon as `iep domain verify` sees this record';
  if (state === 'retired') return 'Signs no more; leave it for a week, for mail that is still under way';
  return algorithm === 'rsa-sha256' ? 'Signs now' : 'Signs now, besides the RSA key';
}
