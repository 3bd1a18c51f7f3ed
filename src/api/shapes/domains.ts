/** What calls answer about sender domains. */

import * as z from 'zod';
import { dkimAlgorithms, dkimStates, findings, recordPurposes } from '../../db/verbs/domains.ts';
import { listOf, slug, textOrNull, time, timeOrNull } from './common.ts';

export const domainShape = z.strictObject({
  domain: z.string(),
  tenant: slug,
  usable: z.boolean().describe('Whether the tenant may send from it; what its own key added, once it is verified'),
  addedBy: z.enum(['operator', 'tenant']),
  shared: z.boolean().describe('Other tenants may send from it too'),
  verified: z.boolean(),
  verifiedAt: timeOrNull,
  checkedAt: timeOrNull,
  createdAt: time,
});

export const domainsShape = listOf(domainShape).extend({
  anySender: z
    .boolean()
    .nullable()
    .describe('Whether the tenant may send from other domains too; null where the list is of all tenants'),
});

export const domainReportShape = domainShape.extend({
  records: z.array(
    z.strictObject({
      purpose: z.enum(recordPurposes),
      type: z.enum(['TXT', 'CNAME']),
      name: z.string(),
      value: z.string(),
      ttl: z.int(),
      required: z.boolean().describe('Whether the domain is verified only with it'),
      note: textOrNull,
    }),
  ),
  keys: z.array(
    z.strictObject({
      selector: z.string(),
      algorithm: z.enum(dkimAlgorithms),
      state: z.enum(dkimStates),
      published: z.boolean().nullable().describe('Whether the last look at DNS found its record'),
      createdAt: time,
      activatedAt: timeOrNull,
      retiredAt: timeOrNull,
    }),
  ),
  notes: z.array(z.string()),
});

export const domainCheckShape = z.strictObject({
  at: time,
  verified: z.boolean(),
  results: z.array(
    z.strictObject({
      purpose: z.enum(recordPurposes),
      name: z.string(),
      status: z.enum(findings),
      required: z.boolean(),
      found: z.array(z.string()),
      detail: z.string(),
    }),
  ),
});

export const domainVerifiedShape = domainReportShape.extend({ check: domainCheckShape });
