/** The options of `iep send`: a flag for every field of POST /v1/messages. */

import { type Command, Option } from 'commander';
import { lanes } from '../../core/message.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';
import { assignment, collect, collectAddresses, collectList, headerField, moment, wholeNumber } from '../values.ts';

export interface SendOptions extends Globals {
  readonly from?: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: string;
  readonly subject?: string;
  readonly html?: string;
  readonly text?: string;
  readonly file?: readonly string[];
  readonly raw?: true;
  readonly template?: string;
  readonly templateVersion?: number;
  readonly locale?: string;
  readonly var?: Readonly<Record<string, string>>;
  readonly vars?: string;
  readonly attach?: readonly string[];
  readonly attachUrl?: readonly string[];
  readonly header?: Readonly<Record<string, string>>;
  readonly at?: number;
  readonly priority?: string;
  readonly category?: string;
  readonly tag?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
  readonly group?: string;
  readonly idempotencyKey?: string;
  readonly provider?: string;
  readonly unsubscribe?: string;
  readonly trackOpens?: boolean;
  readonly trackClicks?: boolean;
  /** Seconds, or true without a limit. */
  readonly wait?: number | true;
}

export function addSendOptions(command: Command, shell: Shell): void {
  command
    .optionsGroup('Envelope:')
    .option('--from <address>', 'sender; where not given the default of the tenant, else your login name at this host')
    .option('--to <address>', 'recipient; may be repeated, or hold several with commas between', collectAddresses)
    .option('--cc <address>', 'recipient of a copy', collectAddresses)
    .option('--bcc <address>', 'recipient that no header names', collectAddresses)
    .option('--reply-to <address>', 'where replies go')
    .option('-s, --subject <text>', 'subject; may hold {{variables}}')
    .optionsGroup('Content (from standard input where none is given):')
    .option('--html <html>', 'HTML body; - reads standard input')
    .option('--text <text>', 'text body; - reads standard input')
    .option('--file <file>', 'body from a file: .html, .txt, or .eml for a whole message; may be repeated', collect)
    .option('--raw', 'the input is a whole message (RFC 5322), header and all')
    .option('--template <name>', 'subject and bodies from a stored template')
    .option('--template-version <n>', 'another version of it than the published one', wholeNumber)
    .option('--locale <language>', 'language of the template, such as de or fr-CA')
    .option('--var <name=value>', 'value for {{name}}; may be repeated', assignment)
    .option('--vars <file>', 'values from a JSON file')
    .option('--attach <file>', 'attach a file; may be repeated', collect)
    .option('--attach-url <url>', 'attach a file that is fetched when the message is sent; may be repeated', collect)
    .option('--header <field>', "further header field, 'Name: value'; may be repeated", headerField)
    .optionsGroup('Handling:')
    .option('--at <time>', 'send later: 30m, 2h, or 2027-01-31T09:00:00Z', moment(shell.clock.now(), 'future'))
    .addOption(new Option('--priority <lane>', 'lane').choices(lanes))
    .option('--category <name>', 'category, for lists and figures')
    .option('--tag <tag>', 'tag; may be repeated, or hold several between commas', collectList)
    .option('--meta <name=value>', 'data of your own, kept with the message; may be repeated', assignment)
    .option('--group <id>', 'ties messages together')
    .option('--idempotency-key <key>', 'the same key again sends nothing and answers with the first message')
    .option('--unsubscribe <category>', 'recipients can turn off mail of this category, by a link of their own')
    .option('--provider <name>', 'use this provider instead of the tenant’s route')
    .option('--track-opens', 'note that it is opened')
    .option('--no-track-opens', 'do not, whatever the tenant says')
    .option('--track-clicks', 'note that its links are followed')
    .option('--no-track-clicks', 'do not, whatever the tenant says')
    .option('--wait [seconds]', 'return when there is an outcome, or after so many seconds', wholeNumber)
    .optionsGroup('Options:');
}
