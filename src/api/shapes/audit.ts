/** What calls answer about the audit log. */

import * as z from 'zod';
import { actorKinds } from '../../core/audit-entry.ts';
import { textOrNull, time } from './common.ts';

export const auditShape = z.strictObject({
  seq: z.int(),
  at: time,
  actor: z.strictObject({ kind: z.enum(actorKinds), id: z.string(), name: textOrNull }),
  source: z.string(),
  action: z.string(),
  outcome: z.string().describe('`done`, or the code of the refusal'),
  tenant: textOrNull,
  target: textOrNull,
  requestId: textOrNull,
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});

export const auditVerdictShape = z.strictObject({
  intact: z.boolean(),
  entries: z.int(),
  head: z.strictObject({ seq: z.int(), hash: z.string() }).nullable().describe('Keep it elsewhere to compare later'),
  breaks: z.array(z.strictObject({ seq: z.int(), reason: z.string() })),
});
