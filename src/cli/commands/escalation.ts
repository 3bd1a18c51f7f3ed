/** `iep escalation`: who is told next, for as long as nobody acknowledges. */

import { type Command, InvalidArgumentError } from 'commander';
import type { EscalationPolicyJson } from '../client/wire.ts';
import { addDefinitionCommands, type DefinitionCommands } from '../definition-commands.ts';
import type { Shell } from '../shell.ts';
import { targetText } from '../targets-input.ts';
import { wholeNumber } from '../values.ts';

interface Step {
  readonly afterMinutes: number;
  readonly to: readonly object[];
}

interface EscalationOptions {
  readonly step?: readonly Step[];
  readonly repeat?: number;
  readonly resolveOn?: string;
}

const kind: DefinitionCommands<EscalationPolicyJson, EscalationOptions> = {
  ...{ command: 'escalation', noun: 'escalation policy', path: '/v1/escalation-policies' },
  describe: {
    add: 'say who is told next, for as long as nobody acknowledges',
    list: 'list the escalation policies',
    show: 'one escalation policy whole',
    set: 'change what is given of an escalation policy',
    remove: 'remove an escalation policy',
  },
  flags: (command) =>
    command
      .option(
        '--step <minutes:who>',
        'after so many minutes: 15:subscriber=lead,topic=operators; may be repeated',
        stepOf,
      )
      .option('--repeat <n>', 'how often all steps are gone through again', wholeNumber)
      .option('--resolve-on <type>', 'an event of this type acknowledges: job.recovered'),
  fieldsOf: ({ step, repeat, resolveOn }) => ({
    ...(step !== undefined && { steps: step }),
    ...(repeat !== undefined && { repeat }),
    ...(resolveOn !== undefined && { resolveOn }),
  }),
  head: ['STEPS', 'REPEAT', 'RESOLVED BY'],
  rowOf: ({ steps, repeat, resolveOn }) => [
    ...[steps.map(({ afterMinutes, to }) => `${afterMinutes} min: ${targetText(to)}`).join('; '), repeat, resolveOn],
  ],
  examples: {
    add: [
      'iep escalation add on-call --step 0:subscriber=jo --step 15:subscriber=lead,channel=ops --repeat 2 --resolve-on job.recovered',
    ],
    set: ['iep escalation set on-call --repeat 0'],
  },
};

function stepOf(value: string, before: readonly Step[] = []): readonly Step[] {
  const [, minutes = '', who = ''] = /^(\d{1,6}):(.+)$/.exec(value) ?? [];
  const to = who.split(',').map((one) => one.split('=', 2));
  if (minutes === '' || to.some(([kind = '', name = '']) => kind === '' || name === '')) {
    throw new InvalidArgumentError('It takes minutes and who is told, such as 15:subscriber=lead.');
  }
  return [...before, { afterMinutes: Number(minutes), to: to.map(([kind = '', name]) => ({ [kind]: name })) }];
}

export function escalation(command: Command, shell: Shell): void {
  addDefinitionCommands(kind, command, shell);
}
