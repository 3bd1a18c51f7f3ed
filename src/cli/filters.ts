/** The filters of the message list as options, shared by `list`, `retry` and `cancel`. */

import type { Command } from 'commander';
import type { Shell } from './shell.ts';
import { collectList, moment, spanEnd } from './values.ts';

export interface Filters {
  readonly status?: readonly string[];
  readonly to?: string;
  readonly from?: string;
  readonly since?: number;
  readonly until?: number;
  readonly category?: string;
  readonly tag?: string;
  readonly group?: string;
  readonly provider?: string;
  readonly template?: string;
  readonly search?: string;
  readonly dead?: true;
}

export function addFilters(command: Command, shell: Shell): void {
  const past = moment(shell.clock.now(), 'past');
  command
    .option('--status <status>', 'queued, scheduled, sent, failed…; several between commas', collectList)
    .option('--to <address>', 'to this recipient, or anyone at @domain')
    .option('--from <address>', 'from this sender, or anyone at @domain')
    .option('--since <time>', 'accepted since: 2h, 3d, or a time such as 2027-01-31T09:00:00Z', past)
    .option('--until <time>', 'accepted before; a date is included', spanEnd(shell.clock.now()))
    .option('--category <name>', 'of this category')
    .option('--tag <tag>', 'with this tag')
    .option('--group <id>', 'of this group')
    .option('--provider <name>', 'that this provider was given last')
    .option('--template <name>', 'made with this stored template')
    .option('--search <words>', 'words in subject, addresses and id');
}

/** The filters under the names of the HTTP API. */
export function filterQuery(filters: Filters): Record<string, string> {
  const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  const named: Record<string, string | undefined> = {
    status: filters.status?.join(','),
    recipient: filters.to,
    sender: filters.from,
    since: iso(filters.since),
    until: iso(filters.until),
    category: filters.category,
    tag: filters.tag,
    groupId: filters.group,
    provider: filters.provider,
    template: filters.template,
    q: filters.search,
    dead: filters.dead === true ? 'true' : undefined,
  };
  return Object.fromEntries(Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function hasFilter(filters: Filters): boolean {
  return Object.keys(filterQuery(filters)).length > 0;
}
