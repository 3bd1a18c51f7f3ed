/** Sender domains as people read them: what to publish, in words and as a zone file, and what was found. */

import { localTime } from '../core/time-text.ts';
import type { DomainCheckJson, DomainReportJson } from './client/wire.ts';
import { print, printTable, remark, visible } from './output.ts';
import { paint, type Shell } from './shell.ts';

type DnsRecord = DomainReportJson['records'][number];
type Result = DomainCheckJson['results'][number];

export function printReport(shell: Shell, report: DomainReportJson): void {
  const { domain, usable, shared, addedBy, verified, verifiedAt, checkedAt, keys } = report;
  const since = verified ? `yes, since ${localTime(verifiedAt)}` : 'no';
  const owner = `added by the ${addedBy}${shared ? ', shared with other tenants' : ''}`;
  print(shell, `domain:   ${domain} (${owner})\nusable:   ${usable ? 'yes' : 'once it is verified'}`);
  print(shell, `verified: ${since}\nchecked:  ${localTime(checkedAt) || 'never'}\n`);
  if (keys.length > 0) {
    printTable(
      shell,
      ['SELECTOR', 'ALGORITHM', 'STATE', 'PUBLISHED'],
      keys.map((key) => [
        key.selector,
        key.algorithm,
        key.state,
        key.published === null ? 'not looked for' : key.published ? 'yes' : 'no',
      ]),
    );
    print(shell, '');
  }
  printRecords(shell, report);
}

/** One block a record, so that a value can be copied whole. */
export function printRecords(shell: Shell, { records, notes }: DomainReportJson): void {
  for (const record of records) {
    const title = `${record.purpose}${record.required ? '' : ' (not required)'}`;
    print(shell, paint(shell, shell.stdout, { as: 'bold', text: title }));
    print(shell, `  name   ${record.name}\n  type   ${record.type}\n  value  ${record.value}`);
    if (record.note !== null) print(shell, `  note   ${record.note}`);
    print(shell, '');
  }
  for (const note of notes) remark(shell, note);
}

export function printZone(shell: Shell, { records, notes }: DomainReportJson): void {
  for (const record of records) {
    if (record.note !== null) print(shell, `; ${record.purpose}: ${record.note}`);
    print(shell, `${record.name}. ${record.ttl} IN ${record.type} ${zoneValue(record)}`);
  }
  for (const note of notes) remark(shell, note);
}

/** A string of a TXT record holds at most 255 bytes (RFC 1035 §3.3); receivers join them. */
function zoneValue({ type, value }: DnsRecord): string {
  if (type !== 'TXT') return `${value}.`;
  const strings = value.match(/.{1,255}/g) ?? [''];
  return strings.map((text) => `"${text}"`).join(' ');
}

const colours = { ok: 'green', missing: 'red', wrong: 'red', dns_failure: 'yellow' } as const;
const words = { ok: 'ok', missing: 'missing', wrong: 'wrong', dns_failure: 'unknown' } as const;

export function printChecks(shell: Shell, { results }: DomainCheckJson): void {
  for (const result of results) print(shell, lineOf(shell, result));
}

function lineOf(shell: Shell, { status, purpose, name, required, found, detail }: Result): string {
  const word = paint(shell, shell.stdout, { as: colours[status], text: words[status].padEnd(8) });
  const advised = required ? '' : ' (not required)';
  const seen = status === 'wrong' ? found.map((text) => `\n${' '.repeat(10)}found: ${visible(text)}`).join('') : '';
  return `${word} ${purpose}  ${name}${advised}\n${' '.repeat(10)}${detail}${seen}`;
}
