/** A message for the tests of rendering. */

import type { Message, Parts } from '../../core/message.ts';

const CREATED_AT = Date.parse('2026-11-22T09:30:00Z');

export function sampleMessage(parts: Omit<Parts, 'kind'> = {}, more: Partial<Message> = {}): Message {
  return {
    id: '0193e1f0-1111-7222-8333-444455556666',
    tenantId: '0193e1f0-0000-7000-8000-000000000001',
    createdAt: CREATED_AT,
    door: 'http',
    from: { email: 'noreply@acme.example', name: 'Acme' },
    envelopeFrom: 'noreply@acme.example',
    to: [{ email: 'user@example.com' }],
    cc: [],
    subject: 'Hello',
    messageIdHeader: '<0193e1f0-1111-7222-8333-444455556666@acme.example>',
    content: { kind: 'parts', ...parts },
    attachments: [],
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
    ...more,
  };
}
