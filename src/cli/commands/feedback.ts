/** `iep feedback`: mail that came back is taken in; what came back is listed. */

import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { IepError } from '../../core/errors.ts';
import { localTime } from '../../core/time-text.ts';
import { createMailParter, joinMails } from '../../message/feedback/mbox.ts';
import { type Client, withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { FeedbackJson, ImportedFeedbackJson } from '../client/wire.ts';
import { Complaint } from '../failure.ts';
import { streamNamedFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, wholeNumber } from '../values.ts';

const PATH = '/v1/admin/feedback';
/** Mails of one call, and their bytes. */
const CALL_MAILS = 200;
const CALL_BYTES = 512 * 1024;

type Imported = ImportedFeedbackJson['reports'][number];

export function feedback(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    '\nExamples:\n  $ iep feedback import bounces.mbox\n  $ iep feedback list --since 1d --provider relay\n',
  );
  addImport(command, shell);
  addList(command, shell);
}

function addImport(command: Command, shell: Shell): void {
  command
    .command('import [file]')
    .description('take in a mail that came back, or an mbox file of them; standard input without a file, or with -')
    .option('--unproved', 'anybody may have written it: what came to no return path may count against nobody')
    .addHelpText(
      'after',
      `
Delivery reports, complaints of feedback loops, and the failures that Exim, qmail, Exchange, Gmail, Yahoo and others tell
in words become events of the messages that they are about. Automatic answers are told apart and change nothing. What is
about no message that is known here is kept for 30 days. A mail that is imported again changes nothing.

Examples:
  $ iep feedback import bounce.eml
  $ iep feedback import - <bounces.mbox
  bounces: "|/usr/local/lib/iep-bounces"   # /etc/aliases of an existing mail server: a script with IEP_URL and an operator's
                                           # IEP_API_KEY that runs \`iep feedback import --unproved\`
`,
    )
    .action(async (file: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<ImportOptions>();
      // What is about which tenant the mail itself tells.
      const { tenant: _, unproved, ...globals } = options;
      const importing = withClient({ shell, globals, purpose: 'write' }, async (client) => {
        const reports: Imported[] = [];
        for await (const mails of batches(streamNamedFile(shell, file ?? '-'))) {
          reports.push(...(await importMails(client, mails, unproved)));
        }
        if (options.json === true) printJson(shell, { reports });
        else tell(shell, reports);
      });
      await importing.catch((error: unknown) => {
        throw laterWhereCurable(error, (file ?? '-') === '-');
      });
    });
}

interface ImportOptions extends Globals {
  readonly unproved?: boolean;
}

/** A mail server loses the report at any exit code but 75: so through a pipe that is said of all that its operator can mend. */
function laterWhereCurable(error: unknown, isPiped: boolean): unknown {
  if (error instanceof IepError && error.refusal.exit === 69)
    return new Complaint(75, error.message, 'Import it again when the daemon answers.');
  if (!isPiped) return error;
  if (error instanceof Complaint && isCurable(error.exit)) return new Complaint(75, error.message, error.hint);
  if (error instanceof IepError && isCurable(error.refusal.exit))
    return new Complaint(75, error.message, error.extra?.hint ?? error.refusal.hint);
  return error;
}

/** No permission, or a configuration that cannot be used. */
function isCurable(exit: number): boolean {
  return exit === 77 || exit === 78;
}

/** A few mails at a time, however many the file has. */
async function* batches(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Buffer[]> {
  const parter = createMailParter();
  const waiting: Buffer[] = [];
  const isEnough = () =>
    waiting.length >= CALL_MAILS || waiting.reduce((sum, { length }) => sum + length, 0) >= CALL_BYTES;
  for await (const chunk of chunks) {
    waiting.push(...parter.push(chunk));
    while (isEnough()) yield waiting.splice(0, CALL_MAILS);
  }
  waiting.push(...parter.end());
  while (waiting.length > 0) yield waiting.splice(0, CALL_MAILS);
}

async function importMails(client: Client, mails: readonly Buffer[], unproved = false): Promise<readonly Imported[]> {
  const content = new Uint8Array(joinMails(mails));
  const { reports } = await client.json<ImportedFeedbackJson>('POST', `${PATH}/import`, {
    ...(unproved && { query: { unproved: 'true' } }),
    body: { type: 'message/rfc822', content },
  });
  return reports;
}

function tell(shell: Shell, reports: readonly Imported[]): void {
  if (reports.length === 0) {
    print(shell, 'The input holds no mail.');
    return;
  }
  printTable(
    shell,
    ['RECIPIENT', 'KIND', 'CLASS', 'STATUS', 'MESSAGE'],
    reports.map(({ recipient, kind, class: reason, enhanced, messageId, matched }) => [
      recipient,
      kind,
      reason,
      enhanced,
      matched ? messageId : 'of no message that is known here',
    ]),
  );
  const matched = reports.filter((one) => one.matched).length;
  print(shell, `${counted(reports.length, 'report')}, ${matched} of a message that is known here`);
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('what came back and what became of it, newest first; what belongs to no message too')
    .option('--provider <name>', 'that told it, or that the message went by')
    .option('--since <time>', 'received from then on: 1d, or 2027-01-31', moment(shell.clock.now(), 'past'))
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep feedback list --since 1d\n  $ iep feedback list --provider relay --json\n',
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<ListOptions>();
      const { tenant: _, ...globals } = options;
      await withClient({ shell, globals }, async (client) => {
        const found = await listFeedback(client, options);
        if (options.json === true) return printJson(shell, found);
        if (found.length === 0) return print(shell, 'Nothing came back.');
        printTable(
          shell,
          ['RECEIVED', 'PROVIDER', 'DOOR', 'KIND', 'CLASS', 'RECIPIENT', 'TENANT', 'MESSAGE', 'SAID'],
          found.map((one) => [
            localTime(one.receivedAt),
            one.provider,
            one.door,
            one.unproved ? `${one.kind} (unproved)` : one.kind,
            one.class,
            one.recipient,
            one.tenant,
            one.messageId,
            one.diagnostic,
          ]),
        );
      });
    });
}

interface ListOptions extends Globals {
  readonly provider?: string;
  readonly since?: number;
  readonly limit: number;
}

function listFeedback(client: Client, { provider, since, limit }: ListOptions): Promise<readonly FeedbackJson[]> {
  const from = since === undefined ? undefined : new Date(since).toISOString();
  return allRows(client, PATH, { query: { provider, since: from }, limit });
}
