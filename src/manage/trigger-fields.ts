/** A trigger as calls, commands and manifests say it. */

import * as z from 'zod';
import { type Json, lanes } from '../core/message.ts';
import type { Trigger } from '../db/verbs/triggers.ts';
import { condition, definitionName, eventPattern } from './definitions/fields.ts';

const MAX_VARIABLES = 16_384;

const texts = z.array(z.string().min(1).max(500)).min(1).max(50);

export const triggerFields = {
  on: eventPattern.describe('A type of event, or the beginning of some: `user.*`'),
  when: condition
    .optional()
    .describe('`{"path": "data.status", "op": "eq", "value": "open"}`, or `all`, `any`, `not` of such'),
  template: definitionName.describe('Name of a stored template'),
  to: texts.optional().describe('Addresses, such as `{{data.email}}`'),
  subscribers: texts.optional().describe('Ids of subscribers, such as `{{data.userId}}`; each gets a message'),
  variables: z
    .record(z.string(), z.unknown())
    .refine((all) => JSON.stringify(all).length <= MAX_VARIABLES, `must be at most ${MAX_VARIABLES} characters of JSON`)
    .optional()
    .describe('Values of the template, such as `{"Name": "{{data.name}}"}`; left out: the members of `data`'),
  priority: z.enum(lanes).optional(),
  active: z.boolean().default(true),
};

export const triggerSpec = z
  .strictObject(triggerFields)
  .refine(({ to, subscribers }) => (to === undefined) !== (subscribers === undefined), {
    path: ['to'],
    error: 'either this or `subscribers` says to whom it writes',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

export function toTrigger(name: string, said: z.output<typeof triggerSpec>): Trigger {
  const { when, to, subscribers, variables, priority, ...rest } = said;
  return {
    ...{ name, ...rest },
    ...(when !== undefined && { when }),
    ...(to !== undefined && { to }),
    ...(subscribers !== undefined && { subscribers }),
    ...(variables !== undefined && { variables: variables as { [name: string]: Json } }),
    ...(priority !== undefined && { priority }),
  };
}
