/** One look at the DNS of a domain: every record is asked for at once, and each is judged by itself. */

import type { RecordCheck, SenderDomain } from '../../db/verbs/domains.ts';
import type { Dns, DnsAnswer } from './dns.ts';
import { dmarcRecords, judgeDkim, judgeDmarc, judgeReturnPath, judgeSpf, type RecordVerdict } from './judge.ts';
import { type DomainNames, dkimName, isRequired, returnPathName } from './records.ts';

export async function lookAt(input: {
  readonly dns: Dns;
  readonly domain: Pick<SenderDomain, 'domain' | 'keys'>;
  readonly names: DomainNames;
}): Promise<readonly RecordCheck[]> {
  const { dns, names } = input;
  const { domain, keys } = input.domain;
  const check = async (
    about: Omit<RecordCheck, keyof RecordVerdict>,
    verdict: Promise<RecordVerdict> | RecordVerdict,
  ): Promise<RecordCheck> => ({ ...about, ...(await verdict) });
  const spf = async () => judgeSpf(await dns.txt(domain), names.spfInclude);
  const { returnPath } = names;

  return Promise.all([
    check({ purpose: 'spf', name: domain, required: true }, spf()),
    ...keys.map((key) => {
      const name = dkimName(key, domain);
      const verdict = dns.txt(name).then((answer) => judgeDkim(answer, key));
      return check({ purpose: 'dkim', name, required: isRequired(key), keyId: key.id }, verdict);
    }),
    check({ purpose: 'dmarc', name: `_dmarc.${domain}`, required: false }, dmarc(dns, domain)),
    ...(returnPath === undefined
      ? []
      : [
          check(
            { purpose: 'return-path', name: returnPathName(domain), required: false },
            lookAtReturnPath(dns, domain, returnPath),
          ),
        ]),
  ]);
}

/** RFC 9989 §4.10 walks up instead of consulting a list of public suffixes; nothing speaks for a top-level domain here. */
async function dmarc(dns: Dns, domain: string): Promise<RecordVerdict> {
  let at = domain;
  let answer: DnsAnswer = { kind: 'none' };
  for (; at.includes('.'); at = at.slice(at.indexOf('.') + 1)) {
    answer = await dns.txt(`_dmarc.${at}`);
    if (answer.kind === 'failed' || dmarcRecords(answer).length > 0) break;
  }
  return judgeDmarc(answer, { domain, at });
}

async function lookAtReturnPath(dns: Dns, domain: string, target: string): Promise<RecordVerdict> {
  const name = returnPathName(domain);
  const [cname, mx] = await Promise.all([dns.cname(name), dns.mx(name)]);
  return judgeReturnPath({ cname, mx }, target);
}
