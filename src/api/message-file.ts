/** The list of messages as a CSV file. */

import { rfc3339 } from '../core/rfc3339.ts';
import type { MessageRow } from '../db/verbs/messages.ts';
import { type CsvFile, csvFile } from './csv-stream.ts';
import type { Reply } from './reply.ts';

const columns = [
  ...(['messageId', 'tenant', 'status', 'dead', 'createdAt', 'sentAt', 'from', 'recipients', 'subject'] as const),
  ...(['category', 'tags', 'groupId', 'provider', 'attempts', 'lastError'] as const),
];

export function exportMessages(readPage: CsvFile<MessageRow>['readPage']): Reply {
  return csvFile({ filename: 'messages.csv', columns, readPage, fields });
}

function fields(row: MessageRow): readonly string[] {
  const { to, cc, bcc, rcpt, tags } = row;
  return [
    ...[row.id, row.tenantSlug, row.status, String(row.dead), rfc3339(row.createdAt)],
    row.sentAt === undefined ? '' : rfc3339(row.sentAt),
    row.from.email,
    [...to, ...cc, ...bcc, ...rcpt].join(' '),
    ...[row.subject, row.category ?? '', tags.join(' '), row.groupId ?? '', row.provider ?? ''],
    String(row.attempts),
    row.lastError ?? '',
  ];
}
