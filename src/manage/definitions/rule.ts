/** Rules: which events make a notification, and to whom it goes. */

import * as z from 'zod';
import type { RuleSpec } from '../../core/notification.ts';
import { condition, definitionName, eventPattern, notificationTargets } from './fields.ts';
import type { DefinitionKind } from './kind.ts';

const fields = {
  on: eventPattern.describe('A type of event, or the beginning of some: `job.*`'),
  when: condition
    .optional()
    .describe('`{"path": "data.status", "op": "eq", "value": "open"}`, or `all`, `any`, `not` of such'),
  type: definitionName.describe('Name of a notification type'),
  to: notificationTargets.optional().describe('To whom, such as `[{"subscriber": "{{data.userId}}"}]`'),
  severity: z.string().min(1).max(64).optional(),
  escalation: definitionName.optional().describe('An escalation policy, whose first step takes the place of `to`'),
  active: z.boolean().default(true),
};

export const ruleKind: DefinitionKind<RuleSpec> = {
  ...{ kind: 'rule', noun: 'rule', action: 'rule', path: '/v1/rules' },
  summaries: {
    list: 'List the rules',
    add: 'Have events of a type make notifications',
    get: 'One rule',
    set: 'Change what is given of a rule; null takes a field away',
    remove: 'Remove a rule',
  },
  resource: { kind: 'Rule', plural: 'rules', summary: 'Events of a type that make notifications' },
  max: 200,
  fields,
  spec: z.strictObject(fields).refine(({ to, escalation }) => to !== undefined || escalation !== undefined, {
    path: ['to'],
    error: 'this or `escalation` says who is told',
    when: ({ value }) => typeof value === 'object' && value !== null,
  }) as unknown as z.ZodType<RuleSpec>,
  secrets: [],
};
