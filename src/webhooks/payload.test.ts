import { describe, expect, it } from 'vitest';
import { eventTypes } from '../core/message.ts';
import { eventOfName, webhookName } from './event-name.ts';
import { payloadOf } from './payload.ts';

const event = {
  position: '9',
  tenantId: 't',
  messageId: 'm',
  sequence: 3,
  type: 'sent' as const,
  at: 1_800_000_000_000,
};

describe('a payload', () => {
  it('is that of the specification, with the sequence', () => {
    const marks = { tags: ['t'], category: 'c', groupId: 'g', idempotencyKey: 'k', metadata: { userId: 42 } };
    const data = { provider: 'relay', attempt: 2, reply: '250 ok', fallback: null };
    const text = payloadOf({
      event: { ...event, recipient: 'a@x.example', data, marks: { ...marks } },
      mail: { to: ['a@x.example', 'b@x.example'], subject: 'Reset', provider: 'relay', attempts: 2 },
    });
    expect(JSON.parse(text)).toEqual({
      event: 'message.sent',
      messageId: 'm',
      tenantId: 't',
      timestamp: '2027-01-15T08:00:00.000Z',
      sequence: 3,
      data: {
        to: ['a@x.example', 'b@x.example'],
        subject: 'Reset',
        provider: 'relay',
        attempts: 2,
        ...marks,
        recipient: 'a@x.example',
        reply: '250 ok',
        fallback: null,
      },
    });
  });

  it('has no message where the event is about something else', () => {
    const subject = { kind: 'tenant' as const, id: 't' };
    const { messageId: _, ...rest } = event;
    const data = { rate: 0.06, limit: 0.05 };
    const text = payloadOf({ event: { ...rest, type: 'tenant.bounce_rate', subject, data } });
    expect(JSON.parse(text)).toEqual({
      ...{ event: 'tenant.bounce_rate', messageId: null, tenantId: 't', subject, sequence: 3, data },
      timestamp: '2027-01-15T08:00:00.000Z',
    });
  });

  it('cannot be bent by what an event says of itself', () => {
    const data = { to: 'x', subject: 'x', attempts: 'x', provider: 'x' };
    const text = payloadOf({ event: { ...event, data }, mail: { to: ['a@x.example'], subject: 'S', attempts: 0 } });
    expect(JSON.parse(text).data).toEqual({
      ...{ to: ['a@x.example'], subject: 'S', attempts: 0, provider: null },
      ...{ tags: [], category: null, groupId: null, idempotencyKey: null, metadata: null },
    });
  });
});

describe('names of events', () => {
  it('are message.<event>, and message.retrying for retry_scheduled', () => {
    expect(eventTypes.map(webhookName)).toContain('message.bounced');
    expect(webhookName('retry_scheduled')).toBe('message.retrying');
    expect(webhookName('tenant.bounce_rate')).toBe('tenant.bounce_rate');
    expect(eventOfName('tenant.bounce_rate')).toBe('tenant.bounce_rate');
    expect(eventOfName('message.tenant.bounce_rate')).toBeUndefined();
  });

  it('are taken with and without the prefix', () => {
    for (const type of eventTypes) {
      const name = webhookName(type);
      expect([eventOfName(type), eventOfName(name), eventOfName(name.replace('message.', ''))]).toEqual([
        type,
        type,
        type,
      ]);
    }
    expect(eventOfName('*')).toBe('*');
    for (const name of ['message.', 'Sent', 'message.*', 'constructor', '']) expect(eventOfName(name)).toBeUndefined();
  });
});
