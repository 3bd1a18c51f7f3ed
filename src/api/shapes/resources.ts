/** What calls answer about resources that manifests declare. */

import * as z from 'zod';
import { resourceActions } from '../../manage/resources/plan.ts';

export const appliedShape = z.strictObject({
  dryRun: z.boolean(),
  items: z.array(
    z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string(),
      namespace: z.string().optional().describe('Slug of the tenant; left out where it belongs to none'),
      action: z.enum(resourceActions),
      changes: z
        .array(z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() }))
        .describe('Field by field; `set` stands for a secret'),
      secret: z.record(z.string(), z.string()).optional().describe('Shown this once'),
      messageId: z.string().optional().describe('Of an Email'),
    }),
  ),
});

export const kindsShape = z.strictObject({
  items: z.array(
    z.strictObject({ kind: z.string(), plural: z.string(), apiVersion: z.string(), description: z.string() }),
  ),
});

export const resourceShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string().optional().describe('Slug of the tenant; left out where it belongs to none'),
    labels: z.record(z.string(), z.string()),
    uid: z.string().describe('By which the rest of the API knows it'),
    creationTimestamp: z.string().optional(),
    source: z.enum(['config', 'apply', 'command']).describe('What declared it'),
  }),
  spec: z.record(z.string(), z.unknown()).optional().describe('Left out where the fields stand beside it'),
  status: z.record(z.string(), z.unknown()).optional(),
});
