/** Sender domains as the API shows them; never the private half of a key. */

import type { z } from 'zod';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import type { DomainCheck, SenderDomain } from '../db/verbs/domains.ts';
import type { DomainReport } from '../manage/domains/domains.ts';
import type * as shapes from './shapes.ts';

type Json<T extends z.ZodType> = z.output<T>;

export function domainView(domain: SenderDomain): Json<typeof shapes.domainShape> {
  return {
    domain: domain.domain,
    tenant: domain.tenantSlug,
    usable: domain.held,
    addedBy: domain.addedBy,
    shared: domain.shared,
    verified: domain.verified,
    verifiedAt: rfc3339OrNull(domain.verifiedAt),
    checkedAt: rfc3339OrNull(domain.checkedAt),
    createdAt: rfc3339(domain.createdAt),
  };
}

export function domainReportView(report: DomainReport): Json<typeof shapes.domainReportShape> {
  return {
    ...domainView(report),
    records: report.records.map(({ note, ...record }) => ({ ...record, note: note ?? null })),
    keys: report.keys.map((key) => ({
      selector: key.selector,
      algorithm: key.algorithm,
      state: key.state,
      published: key.published ?? null,
      createdAt: rfc3339(key.createdAt),
      activatedAt: rfc3339OrNull(key.activatedAt),
      retiredAt: rfc3339OrNull(key.retiredAt),
    })),
    notes: [...report.notes],
  };
}

export function checkView({ at, verified, results }: DomainCheck): Json<typeof shapes.domainCheckShape> {
  return {
    at: rfc3339(at),
    verified,
    results: results.map(({ keyId: _, found, ...result }) => ({ ...result, found: [...found] })),
  };
}
