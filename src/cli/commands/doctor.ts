/** `iep doctor`: looks for what is wrong, and says what to do about each finding. */

import type { Command } from 'commander';
import type { Finding } from '../../manage/doctor/finding.ts';
import { requireLocal } from '../client/local-only.ts';
import { describeFinding } from '../describe-finding.ts';
import { examine, examineDaemon } from '../examine.ts';
import { Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

export function doctor(command: Command, shell: Shell): void {
  command
    .option(
      '--daemon',
      'only whether the daemon is up and takes mail, for health checks; exits with 69 where it is not',
    )
    .option('--deep', 'read the whole database and every blob; takes as long as the disk needs for that')
    .addHelpText(
      'after',
      `
Looks at the configuration, permissions, clock, disk, database, sealed secrets, audit log, queue, dead letters, timed
chores, certificates, sender domains, webhooks, providers and their callbacks, routes, where reports come in, and the
daemon. Changes nothing.
Exits with 0 where nothing is broken (warnings included), 78 where the configuration is, else 69.

Examples:
  $ iep doctor
  $ iep doctor --deep
  $ iep doctor --daemon
  $ iep doctor --json | jq '.[] | select(.level != "ok")'
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals & { daemon?: true; deep?: true }>();
      const onlyDaemon = options.daemon === true;
      requireLocal(shell, options, 'doctor');
      const findings: Finding[] = [];
      for await (const finding of onlyDaemon ? examineDaemon(shell, options) : examine(shell, options)) {
        findings.push(finding);
        if (options.json !== true) print(shell, describeFinding(shell, finding));
      }
      if (options.json === true) printJson(shell, findings);
      const broken = findings.filter(({ level }) => level === 'broken' || (onlyDaemon && level !== 'ok'));
      if (broken.length > 0) throw new Exit(broken.some(({ check }) => check === 'config') ? 78 : 69);
    });
}
