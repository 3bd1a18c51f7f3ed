/** The table, for a terminal and for docs/performance.md, with all that is needed to run it again. */

import { met, type Row, ratio } from './rows.ts';

export interface BenchConditions {
  readonly date: string;
  readonly machine: string;
  readonly disk: string;
  readonly versions: readonly string[];
  readonly command: string;
  readonly rounds: number;
  readonly messages: number;
  readonly warmUp: number;
  readonly cpuMethod: string;
  /** Whether Postfix found a syslog to write to; IEP logs to a file. */
  readonly syslog: boolean;
}

const HEADS = ['scenario', 'measure', 'IEP', 'compared with', 'ratio', 'target', 'reached'];

export function table(rows: readonly Row[]): string {
  const cells = [HEADS, HEADS.map(() => '---'), ...rows.map(line)];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((one) => one[column]?.length ?? 0)));
  const pad = (one: readonly string[]) => one.map((cell, column) => pads(cell, widths[column] ?? 0)).join(' | ');
  return cells.map((one) => `| ${pad(one)} |`).join('\n');
}

const pads = (cell: string, width: number) => (cell === '---' ? '-'.repeat(width) : cell.padEnd(width));

function line(row: Row): string[] {
  const share = ratio(row);
  return [
    row.scenario,
    row.measure,
    `${figure(row.iep, row.unit)} ${row.unit}`,
    row.against ? `${row.against.name} ${figure(row.against.value, row.unit)}` : '',
    share === undefined ? '' : `${share.toFixed(2)} ×`,
    target(row),
    { true: 'yes', false: '**no**', undefined: '' }[String(met(row))] ?? '',
  ];
}

function figure(value: number, unit: Row['unit']): string {
  const digits = unit.startsWith('CPU') ? 2 : unit === 'ms' ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function target({ target, unit }: Row): string {
  if (target === undefined) return '';
  const bound = target.least ?? target.most ?? 0;
  const sign = target.least === undefined ? '≤' : '≥';
  return target.of === 'ratio' ? `${sign} ${bound} ×` : `${sign} ${figure(bound, unit)}`;
}

export function document(rows: readonly Row[], at: BenchConditions): string {
  return `# Performance

Written by \`scripts/bench\` on ${at.date}; run it to get the same table for your machine.

| | |
|---|---|
| machine | ${at.machine} |
| disk | ${at.disk} |
| versions | ${at.versions.join(', ')} |
| command | \`${at.command}\` |

${table(rows)}

## How it was measured

- IEP is \`dist/iep serve\` with its default settings. Postfix is Debian's package as a private instance: its durability
  as it comes, 20 deliveries at once as IEP has, process and rate limits raised, no TLS, no reverse lookups. It logs to
  ${at.syslog ? 'the syslog of the machine' : 'a syslog that is not there, which costs it nothing'}; IEP logs to a file. Both store on the same file system and relay everything to Postfix's \`smtp-sink\` over loopback; the load is \`smtp-source\`, 4 KiB a message.
  Source, sink and server share the machine.
- The servers take turns, one running at a time, started fresh for each load and warmed with ${at.warmUp.toLocaleString('en')} messages. Then
  ${at.messages.toLocaleString('en')} messages are counted. Figures are medians of ${at.rounds} rounds.
- *accepted*: until smtp-source has its last yes. *end to end*: until smtp-sink has counted the last message, from the same start.
- *CPU*: user and system time of the server and all its processes, from its ${at.cpuMethod}; that of source and sink is
  not in it. *memory*: the highest sum of the proportional set sizes (PSS) of its processes, looked at twice a second.
- *backlog*: the sink is down while it grows, in ten parts of equal size; the last part's rate is compared with the first's. Draining
  counts from the moment the sink is back and the server is told to try all it has.
- *HTTP*: 50 kept connections, a body of 4 KiB each; first with the queue paused, then delivered to the sink meanwhile.
- *store*: 100 callers that each wait for their commit, and claims of 50, through the store's own verbs.
- *vendors*: mail of 4 KiB to a local server that answers each request of SES or SendGrid after 50 ms; so many at once (\`maxConnections\`).
- *callbacks*: batches of 100 events, signed as SendGrid does, over 4 connections; a client submits a message every few ms meanwhile.
- *templates*: stored templates in the process that measures, in both syntaxes and of MJML; a version is compiled when it is first used.
  *end to end*: 50 kept connections, from the first request until a provider that takes everything has the last message; the same HTML and text,
  brought by the caller and made of a template, in turns.
- *shell*: one short message by a command of its own, from its start to its end: \`iep send\` into a store of its own, the same where a
  daemon listens, \`sendmail\` of that Postfix, and \`msmtp\` over SMTP to it; in turns, the middle one of each. *CPU*: of the command alone.
`;
}
