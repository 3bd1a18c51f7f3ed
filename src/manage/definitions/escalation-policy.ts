/** Escalation policies: who is told next, for as long as nobody acknowledges. */

import * as z from 'zod';
import type { EscalationPolicySpec } from '../../core/notification.ts';
import { afterMinutes, channelList, eventPattern, notificationTargets } from './fields.ts';
import type { DefinitionKind } from './kind.ts';

const step = z.strictObject({
  afterMinutes: afterMinutes.describe('After the notification was made, or the repetition began'),
  to: notificationTargets.describe('To whom, such as `[{"subscriber": "{{data.lead}}"}]`'),
  channels: channelList.optional().describe('Left out: those of the type'),
});

const fields = {
  steps: z.array(step).min(1).max(20),
  repeat: z.int().min(0).max(100).default(0).describe('How often all steps are gone through again'),
  resolveOn: eventPattern
    .optional()
    .describe('An event of this type, of the same group, acknowledges: `job.recovered`'),
};

export const escalationPolicyKind: DefinitionKind<EscalationPolicySpec> = {
  ...{ kind: 'escalation_policy', noun: 'escalation policy', action: 'escalation', path: '/v1/escalation-policies' },
  summaries: {
    list: 'List the escalation policies',
    add: 'Say who is told next, for as long as nobody acknowledges',
    get: 'One escalation policy',
    set: 'Change what is given of an escalation policy; null takes a field away',
    remove: 'Remove an escalation policy',
  },
  resource: {
    ...{ kind: 'EscalationPolicy', plural: 'escalationpolicies' },
    summary: 'Who is told next, for as long as nobody acknowledges',
  },
  max: 200,
  fields,
  spec: z.strictObject(fields) as unknown as z.ZodType<EscalationPolicySpec>,
  secrets: [],
};
