/** A tenant and a submission for the tests of the intake. */

import type { Submission } from '../../core/message.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';

export const NOW = Date.parse('2026-11-22T09:30:00Z');

/** May send from anywhere, unless `more.settings` says otherwise. */
export function sampleTenant(more: Partial<Tenant> = {}): Tenant {
  return {
    id: '0193e1f0-0000-7000-8000-000000000001',
    slug: 'acme',
    name: 'Acme',
    active: true,
    paused: false,
    senderDomains: [],
    verifiedDomains: [],
    createdAt: NOW,
    updatedAt: NOW,
    ...more,
    settings: { anySender: true, ...more.settings },
  };
}

export function sampleSubmission(more: Partial<Submission> = {}): Submission {
  return {
    door: 'http',
    from: { email: 'noreply@acme.example', name: 'Acme' },
    to: [{ email: 'user@example.com' }],
    subject: 'Hello',
    content: { kind: 'parts', html: '<p>Hello</p>' },
    ...more,
  };
}

/** A raw submission as the SMTP door makes it. */
export function sampleRaw(message: string, more: Partial<Submission> = {}): Submission {
  const bytes = Buffer.from(message.replaceAll('\n', '\r\n'));
  return sampleSubmission({
    door: 'smtp',
    rcpt: ['user@example.com'],
    content: { kind: 'raw', raw: { bytes, size: bytes.length }, utf8Header: false },
    ...more,
  });
}
