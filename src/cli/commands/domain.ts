/** `iep domain`: the sender domains of a tenant, and their records in DNS. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { DomainCheckJson, DomainReportJson, DomainsJson, DomainVerifiedJson, ListJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { printChecks, printRecords, printReport, printZone } from '../domain-text.ts';
import { Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';

const PATH = '/v1/domains';

/** sysexits(3): EX_DATAERR, for a domain that is not as it should be. */
const NOT_VERIFIED = 65;

export function domain(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addVerify(command, shell);
  addHistory(command, shell);
  addRotate(command, shell);
  addRemove(command, shell);
}

function pathOf(name: string, rest = ''): string {
  return `${PATH}/${encodeURIComponent(name)}${rest}`;
}

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add <domain>')
    .description('allow a sender domain, make its DKIM keys, and print the DNS records to publish')
    .option('--zone', 'print the records as lines of a zone file')
    .option('--shared', 'let it be a sender domain of several tenants')
    .addHelpText(
      'after',
      `
A domain stands for its sub-domains too, and belongs to one tenant unless it is shared. A domain below it may be given to
another tenant; then mail from there is that tenant's alone. What a tenant's own key adds may be used once it is verified.

Examples:
  $ iep domain add example.com --tenant acme
  $ iep domain add group.example --tenant acme --shared
`,
    )
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { zone?: true; shared?: true }>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const json = { domain: name, ...(options.shared && { shared: true }) };
        const added = await client.json<DomainReportJson>('POST', PATH, { json });
        if (options.json === true) return printJson(shell, added);
        if (options.zone === true) return printZone(shell, added);
        const from = added.usable ? 'from now on' : 'once it is verified';
        print(shell, `${added.domain} may be used ${from}. Publish these records:\n`);
        printRecords(shell, added);
        // None was named where there is only one.
        const whose = client.tenant === undefined ? '' : ` --tenant ${client.tenant}`;
        remark(shell, `Then: iep domain verify ${added.domain}${whose}`);
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list the allowed sender domains')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items, anySender } = await client.json<DomainsJson>('GET', PATH);
        if (options.json === true) return printJson(shell, items);
        const others =
          anySender === null
            ? '`iep tenant show` tells who may send from others.'
            : anySender
              ? 'This tenant may send from every domain that no other tenant has (anySender).'
              : 'This tenant may send from no other domain.';
        if (items.length === 0) return print(shell, `None. ${others}`);
        printTable(
          shell,
          [...(anySender === null ? ['TENANT'] : []), 'DOMAIN', 'USABLE', 'ADDED BY', 'VERIFIED', 'CHECKED', 'SINCE'],
          items.map((item) => [
            ...(anySender === null ? [item.tenant] : []),
            item.shared ? `${item.domain} (shared)` : item.domain,
            item.usable ? 'yes' : 'once verified',
            item.addedBy,
            item.verified ? 'yes' : 'no',
            localTime(item.checkedAt) || 'never',
            localTime(item.createdAt),
          ]),
        );
        remark(shell, others);
      });
    });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <domain>')
    .description('one sender domain: its state, its DKIM keys, the DNS records to publish')
    .option('--zone', 'print the records as lines of a zone file')
    .addHelpText('after', '\nExample:\n  $ iep domain show example.com --tenant acme --zone\n')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { zone?: true }>();
      await withClient({ shell, globals: options }, async (client) => {
        const report = await client.json<DomainReportJson>('GET', pathOf(name));
        if (options.json === true) printJson(shell, report);
        else if (options.zone === true) printZone(shell, report);
        else printReport(shell, report);
      });
    });
}

function addVerify(command: Command, shell: Shell): void {
  command
    .command('verify <domain>')
    .description('look for its records in DNS; exit code 65 while it is not verified')
    .addHelpText(
      'after',
      `
What is found is remembered: see iep domain history. DKIM keys that wait for their record sign once it is seen.

Example:
  $ iep domain verify example.com --tenant acme
`,
    )
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const verified = await client.json<DomainVerifiedJson>('POST', pathOf(name, '/verify'));
        if (options.json === true) printJson(shell, verified);
        else {
          printChecks(shell, verified.check);
          print(shell, `\n${verified.domain} is ${verified.verified ? '' : 'not '}verified.`);
          for (const note of verified.notes) remark(shell, note);
        }
        if (!verified.verified) throw new Exit(NOT_VERIFIED);
      });
    });
}

function addHistory(command: Command, shell: Shell): void {
  command
    .command('history <domain>')
    .description('what was found in DNS before, newest first')
    .option('--limit <n>', 'at most so many looks', wholeNumber, 10)
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { limit: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<DomainCheckJson>>('GET', pathOf(name, '/history'), {
          query: { limit: options.limit },
        });
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'It was not looked for yet: iep domain verify does.');
        for (const [index, check] of items.entries()) {
          print(
            shell,
            `${index === 0 ? '' : '\n'}${localTime(check.at)}  ${check.verified ? 'verified' : 'not verified'}`,
          );
          printChecks(shell, check);
        }
      });
    });
}

function addRotate(command: Command, shell: Shell): void {
  command
    .command('rotate <domain>')
    .description('make the next DKIM keys; they sign once their record is seen')
    .option('--activate', 'sign with the next keys at once, without waiting for their records')
    .option('--force', 'replace keys that were retired only lately')
    .addHelpText(
      'after',
      `
The keys that sign now go on signing until iep domain verify sees the record of the next ones. Leave the old record in
place for a week after that, for mail that is still under way.

Examples:
  $ iep domain rotate example.com --tenant acme     # prints what to publish
  $ iep domain verify example.com --tenant acme     # the next keys sign from now on
`,
    )
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { activate?: true; force?: true }>();
      await withClient({ shell, globals: options }, async (client) => {
        const report = await client.json<DomainReportJson>('POST', pathOf(name, '/rotate'), {
          json: { activate: options.activate === true, force: options.force === true },
        });
        if (options.json === true) printJson(shell, report);
        else printReport(shell, report);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <domain>')
    .description('no longer allow a sender domain; its DKIM keys are gone for good')
    .option('--yes', 'do not ask')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { yes?: true }>();
      const question = `Remove the domain ${name} with its DKIM keys?`;
      if (!(await confirmLoss(shell, options, { command: 'domain remove', question }))) {
        return remark(shell, 'Nothing was removed.');
      }
      await withClient({ shell, globals: options }, async (client) => {
        await client.call('DELETE', pathOf(name));
        if (options.json === true) printJson(shell, { domain: name, removed: true });
        else print(shell, `${name} removed`);
      });
    });
}
