/** `iep user`: the people who use the dashboard, and their roles. */

import { type Command, Option } from 'commander';
import { counted } from '../../core/counted.ts';
import { memberRoles, platformRoles } from '../../core/roles.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { ListJson, ResetUserJson, UserJson, UserLinkJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

interface RoleOptions extends Globals {
  readonly role?: string;
}

const PATH = '/v1/users';
const ROLES = [...new Set([...platformRoles, ...memberRoles])];

const ROLE_HELP = `
Without --tenant the role is one of the whole platform: owner, operator, viewer. With --tenant, which may be given again, it is
one of those tenants alone: admin, sender, viewer. --tenant SLUG=ROLE gives another role there.
`;

export function user(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addReset(command, shell);
  addRemove(command, shell);
}

function addAdd(command: Command, shell: Shell): void {
  withRole(command.command('add <email>').description('add a person, and print the link by which it sets its password'))
    .addHelpText(
      'after',
      `${ROLE_HELP}
Examples:
  $ iep user add ada@example.com --role owner
  $ iep user add bob@example.com --role sender --tenant acme --tenant globex=viewer
`,
    )
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<RoleOptions>();
      const json = { email, ...rolesOf(options) };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        showLink(shell, options, await client.json<UserLinkJson>('POST', PATH, { json }));
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list the people, of all tenants or of --tenant')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<UserJson>>('GET', PATH, { query: { tenant: options.tenant } });
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'Nobody yet; `iep user add EMAIL --role owner` adds the first.');
        printTable(
          shell,
          ['EMAIL', 'ROLE', 'PASSWORD', 'SECOND FACTOR', 'SIGNED IN', 'SINCE'],
          items.map((item) => [
            item.email,
            roleText(item),
            item.hasPassword ? 'set' : 'not set',
            factorText(item) || 'none',
            item.signedInAt === null ? 'never' : localTime(item.signedInAt),
            localTime(item.createdAt),
          ]),
        );
      });
    });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <email>')
    .description('show one person, and what it signs in with')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        show(shell, options, await client.json<UserJson>('GET', pathOf(email)));
      });
    });
}

function addSet(command: Command, shell: Shell): void {
  withRole(command.command('set <email>').description('change the roles of a person, which ends its sessions'))
    .addHelpText('after', `${ROLE_HELP}\nExample:\n  $ iep user set ada@example.com --role viewer\n`)
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<RoleOptions>();
      const { role, tenants } = rolesOf(options);
      const json = { role: role ?? null, tenants: tenants ?? [] };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        show(shell, options, await client.json<UserJson>('PATCH', pathOf(email), { json }));
      });
    });
}

function addReset(command: Command, shell: Shell): void {
  command
    .command('reset <email>')
    .description(
      'take password, second factor, passkeys and login providers away, and print a link by which a password is set',
    )
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<ResetUserJson>('POST', `${pathOf(email)}/reset`);
        showLink(shell, options, made);
        const removed = factorText({ factors: made.removed });
        if (options.json !== true && removed !== '') remark(shell, `Taken away besides the password: ${removed}.`);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <email>')
    .description('remove a person; its sessions end at once')
    .option('--yes', 'without asking')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { readonly yes?: true }>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const question = `Remove ${email}?`;
        if (!(await confirmLoss(shell, options, { command: 'user remove', question }))) return;
        await client.call('DELETE', pathOf(email));
        if (options.json === true) return printJson(shell, { email, removed: true });
        print(shell, `${email} is removed`);
      });
    });
}

function withRole(command: Command): Command {
  return command.addOption(new Option('--role <role>', 'what it may do').choices(ROLES));
}

/** `--tenant acme,globex=viewer`: what stands behind = is the role there, else `--role` is. */
function rolesOf({ role, tenant }: RoleOptions) {
  if (tenant === undefined) return { role: role ?? missingRole() };
  const tenants = tenant.split(',').map((entry) => {
    const [slug = '', own] = entry.split('=', 2);
    return { tenant: slug, role: own ?? role ?? missingRole() };
  });
  return { tenants };
}

function missingRole(): never {
  throw new Complaint(
    64,
    'no role is given',
    'Say which: --role owner, operator or viewer; with --tenant SLUG admin, sender or viewer.',
  );
}

function pathOf(email: string): string {
  return `${PATH}/${encodeURIComponent(email)}`;
}

function roleText({ role, tenants }: UserJson): string {
  return role ?? (tenants.map((one) => `${one.role} of ${one.tenant}`).join(', ') || 'none');
}

function show(shell: Shell, options: Globals, found: UserJson): void {
  if (options.json === true) printJson(shell, found);
  else {
    const password = found.hasPassword ? 'set' : 'not set';
    const known = found.issuers.map((issuer) => `\nknown to       ${issuer}`).join('');
    print(
      shell,
      `${found.email}  ${roleText(found)}
password       ${password}
second factor  ${factorText(found) || 'none'}${known}`,
    );
  }
}

/** Empty where there is none. */
function factorText({ factors: { totp, recoveryCodes, passkeys } }: Pick<UserJson, 'factors'>): string {
  const ways = [
    totp && `TOTP (${counted(recoveryCodes, 'recovery code')})`,
    passkeys > 0 && counted(passkeys, 'passkey'),
  ];
  return ways.filter((way) => way !== false).join(', ');
}

function showLink(shell: Shell, options: Globals, made: UserLinkJson): void {
  if (options.json === true) {
    printJson(shell, made);
    return;
  }
  print(shell, made.link.url);
  remark(
    shell,
    `Give this link to ${made.email}: it sets the password, once, until ${localTime(made.link.expiresAt)}.`,
  );
}
