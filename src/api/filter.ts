/** The filters of the message list, in a query or in the body of a bulk retry: the same names, the same meaning. */

import * as z from 'zod';
import { invalid } from '../core/invalid.ts';
import { type Status, statuses } from '../core/message.ts';
import type { MessageFilter } from '../db/verbs/messages.ts';
import { filterAddress, filterText, filterWords, readAddress } from './filter-text.ts';
import { parseTime, spanField, type TimeSpan } from './time.ts';

const known: readonly string[] = statuses;

const statusList = z
  .string()
  .transform((value, context): Status[] => {
    const names = value.split(',').map((name) => name.trim());
    const wrong = names.find((name) => !known.includes(name));
    if (wrong === undefined) return names as Status[];
    context.addIssue({ code: 'custom', message: `must be one of ${statuses.join(', ')}` });
    return z.NEVER;
  })
  .describe(`One or more of ${statuses.join(', ')}, with commas between`);

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);

export const filterFields = {
  status: statusList.optional(),
  from: filterText.optional().describe('A time: accepted since then. An address or @domain: its sender'),
  to: filterText
    .optional()
    .describe('A time: accepted before then, a date included. An address or @domain: a recipient'),
  since: spanField.optional().describe('Accepted since then'),
  until: spanField.optional().describe('Accepted before then; a date is included'),
  sender: filterAddress.optional().describe('Address or @domain'),
  recipient: filterAddress.optional().describe('Address or @domain'),
  category: filterText.optional(),
  tag: filterText.optional(),
  groupId: filterText.optional(),
  provider: filterText.optional().describe('Its name; the one that was given the message last'),
  template: filterText.optional().describe('Name of the stored template'),
  q: filterWords.optional().describe('Words sought in subject, addresses and id, each of which must be there'),
  dead: flag.optional().describe('Only dead letters, or only others'),
};

const filterObject = z.object(filterFields);
export type FilterInput = z.output<typeof filterObject>;

/** `from` and `to` are times or addresses (seed 001 §6.3 has both); the other names say which they are. */
export function toFilter(input: FilterInput): MessageFilter {
  const from = timeOrAddress('from', input.from);
  const to = timeOrAddress('to', input.to);
  const given = {
    status: input.status,
    sender: only('sender', input.sender, 'from', from?.address),
    recipient: only('recipient', input.recipient, 'to', to?.address),
    createdFrom: only('since', input.since?.startsAt, 'from', from?.span?.startsAt),
    createdBefore: only('until', input.until?.endsAt, 'to', to?.span?.endsAt),
    category: input.category,
    tag: input.tag,
    groupId: input.groupId,
    provider: input.provider,
    template: input.template,
    q: input.q,
    dead: input.dead,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function timeOrAddress(path: string, value: string | undefined): { address?: string; span?: TimeSpan } | undefined {
  if (value === undefined) return undefined;
  const address = value.includes('@') ? readAddress(value) : undefined;
  if (address !== undefined) return { address };
  const span = parseTime(value);
  if (span !== undefined) return { span };
  throw invalid([{ path, message: 'must be an address, @domain, a date or an RFC 3339 time' }]);
}

/** The one of two names that was given; both are one too many. */
function only<T>(name: string, value: T | undefined, other: string, otherValue: T | undefined): T | undefined {
  if (value !== undefined && otherValue !== undefined) {
    throw invalid([{ path: name, message: `says the same as \`${other}\`; give one of them` }]);
  }
  return value ?? otherValue;
}
