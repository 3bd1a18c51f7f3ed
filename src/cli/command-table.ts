/** Every command with its one-line summary. The file of a command is loaded only when that command is called. */

import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** Gives the command its options, help and action. */
export type Configure = (command: Command, shell: Shell) => void;

export interface CommandEntry {
  readonly name: string;
  readonly group: 'Mail' | 'Platform' | 'Care' | 'Other';
  readonly summary: string;
  load(): Promise<Configure>;
}

export const commandTable: readonly CommandEntry[] = [
  {
    name: 'send',
    group: 'Mail',
    summary: 'send a message',
    load: async () => (await import('./commands/send.ts')).send,
  },
  {
    name: 'sendmail',
    group: 'Mail',
    summary: "send a message as Postfix's sendmail does, for scripts and programs that call it",
    load: async () => (await import('./commands/sendmail.ts')).sendmail,
  },
  {
    name: 'tail',
    group: 'Mail',
    summary: 'follow events as they happen',
    load: async () => (await import('./commands/tail.ts')).tail,
  },
  {
    name: 'show',
    group: 'Mail',
    summary: 'show one message whole: recipients, attempts, history',
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'list',
    group: 'Mail',
    summary: 'list messages, newest first',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'queue',
    group: 'Mail',
    summary: 'what is waiting; flush, pause and resume it',
    load: async () => (await import('./commands/queue.ts')).queue,
  },
  {
    name: 'retry',
    group: 'Mail',
    summary: 'try failed messages again',
    load: async () => (await import('./commands/retry.ts')).retry,
  },
  {
    name: 'cancel',
    group: 'Mail',
    summary: 'cancel messages that have not been sent',
    load: async () => (await import('./commands/cancel.ts')).cancel,
  },
  {
    name: 'stats',
    group: 'Mail',
    summary: 'counts by status over time',
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  {
    name: 'init',
    group: 'Platform',
    summary: 'make a config, a data directory, the first tenant and its key',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'serve',
    group: 'Platform',
    summary: 'run the daemon',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'tenant',
    group: 'Platform',
    summary: 'add, list, show, set, remove tenants',
    load: async () => (await import('./commands/tenant.ts')).tenant,
  },
  {
    name: 'key',
    group: 'Platform',
    summary: 'add, list, show, set, rotate, remove API keys; rotate the master key',
    load: async () => (await import('./commands/key.ts')).key,
  },
  {
    name: 'domain',
    group: 'Platform',
    summary: 'sender domains: allow, publish in DNS, verify, rotate DKIM keys',
    load: async () => (await import('./commands/domain.ts')).domain,
  },
  {
    name: 'suppression',
    group: 'Platform',
    summary: 'addresses a tenant must not mail',
    load: async () => (await import('./commands/suppression.ts')).suppression,
  },
  {
    name: 'audit',
    group: 'Care',
    summary: 'who managed what; whether the record of it is whole',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  {
    name: 'webhook',
    group: 'Platform',
    summary: 'URLs that events are posted to',
    load: async () => (await import('./commands/webhook.ts')).webhook,
  },
  {
    name: 'replay',
    group: 'Mail',
    summary: 'post webhooks again',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'config',
    group: 'Care',
    summary: 'check the configuration, or show what it comes to',
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'doctor',
    group: 'Care',
    summary: 'look for what is wrong and say what to do about it',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'backup',
    group: 'Care',
    summary: 'copy the store to one file while work goes on',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    group: 'Care',
    summary: 'bring a backup back into an empty data directory',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  {
    name: 'migrate',
    group: 'Care',
    summary: 'bring the store to the schema of this version',
    load: async () => (await import('./commands/migrate.ts')).migrate,
  },
  {
    name: 'completion',
    group: 'Other',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'version',
    group: 'Other',
    summary: 'versions of IEP, Node and SQLite',
    load: async () => (await import('./commands/version.ts')).version,
  },
];
