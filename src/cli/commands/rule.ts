/** `iep rule`: which events make a notification. */

import type { Command } from 'commander';
import type { RuleJson } from '../client/wire.ts';
import { addDefinitionCommands, type DefinitionCommands } from '../definition-commands.ts';
import { jsonOf } from '../event-input.ts';
import type { Shell } from '../shell.ts';
import { type TargetFlags, targetFlags, targetsOf, targetText } from '../targets-input.ts';

interface RuleOptions extends TargetFlags {
  readonly on?: string;
  readonly when?: string;
  readonly type?: string;
  readonly severity?: string;
  readonly escalation?: string;
  readonly active?: true;
  readonly inactive?: true;
}

const kind: DefinitionCommands<RuleJson, RuleOptions> = {
  ...{ command: 'rule', noun: 'rule', path: '/v1/rules' },
  describe: {
    add: 'have events of a type make notifications',
    list: 'list the rules',
    show: 'one rule whole',
    set: 'change what is given of a rule',
    remove: 'remove a rule',
  },
  flags: (command) =>
    targetFlags(
      command
        .option('--on <type>', 'a type of event, or the beginning of some: job.*')
        .option('--when <json>', 'a condition, such as {"path": "data.tries", "op": "gt", "value": 3}; - takes it away')
        .option('--type <name>', 'the notification type'),
    )
      .option('--severity <word>', 'how bad it is')
      .option('--escalation <name>', 'the escalation policy, whose first step says who is told')
      .option('--active', 'on, as it is from the beginning')
      .option('--inactive', 'off'),
  fieldsOf({ on, when, type, severity, escalation, active, inactive, ...targets }) {
    const to = targetsOf(targets);
    return {
      ...(on !== undefined && { on }),
      ...(when !== undefined && { when: when === '-' ? null : jsonOf('--when', when) }),
      ...(type !== undefined && { type }),
      ...(to !== undefined && { to }),
      ...(severity !== undefined && { severity }),
      ...(escalation !== undefined && { escalation }),
      ...(active === true && { active: true }),
      ...(inactive === true && { active: false }),
    };
  },
  head: ['ON', 'TYPE', 'TO', 'ACTIVE'],
  rowOf: ({ on, type, to, escalation, active }) => [
    ...[on, type, escalation === null ? targetText(to) : `escalation ${escalation}`, active ? 'yes' : 'no'],
  ],
  examples: {
    add: [
      "iep rule add jobs --on job.failed --type job.failed --subscriber '{{data.userId}}'",
      'iep rule add nightly --on \'job.*\' --type job.failed --topic operators --when \'{"path": "data.tries", "op": "gt", "value": 3}\'',
      'iep rule add critical --on job.failed --type job.failed --escalation on-call --severity high',
    ],
    set: ['iep rule set jobs --inactive'],
  },
};

export function rule(command: Command, shell: Shell): void {
  addDefinitionCommands(kind, command, shell);
}
