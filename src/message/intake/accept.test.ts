/** The one way in: each decision, and that what was reserved at the outbox is always given back. */

import { describe, expect, it } from 'vitest';
import { INLINE_BYTES } from '../../blobs/blobs.ts';
import { IepError } from '../../core/errors.ts';
import type { Attachment, Job, Submission } from '../../core/message.ts';
import type { AcceptResult, NewMessage } from '../../db/verbs/outbox.ts';
import type { Store } from '../../db/verbs/store.ts';
import { type AcceptDeps, createAccept } from './accept.ts';
import { defaultAcceptLimits } from './limits.ts';
import { NOW, sampleRaw, sampleSubmission, sampleTenant } from './sample.testing.ts';

type Accepting = Store['outbox']['accept'];

/** A store that says yes, and notes what happened in which order. */
function createHouse(options: { accept?: Accepting; room?: boolean; put?: AcceptDeps['blobs']['put'] } = {}) {
  const log: string[] = [];
  const stored: NewMessage[] = [];
  const measured: string[] = [];
  const refused: string[] = [];
  let ids = 0;
  const yes: Accepting = async ({ messages, lease }) => {
    log.push(`commit ${messages.length}`);
    stored.push(...messages);
    return messages.map((entry): AcceptResult => {
      const isDue = entry.message.scheduledAt === undefined;
      return { kind: 'accepted', suppressedRecipients: [], ...(lease && isDue && { job: jobOf(entry) }) };
    });
  };
  const { accept, acceptAll } = createAccept(
    {
      store: { outbox: { accept: options.accept ?? yes } },
      blobs: {
        put:
          options.put ??
          (async (bytes) => {
            log.push(`blob ${bytes.length}`);
            return { blob: 'b'.repeat(64), size: bytes.length };
          }),
        stream: () => {
          throw new Error('No blob is to be read');
        },
      },
      clock: { now: () => NOW, monotonic: () => 0 },
      templates: { use: () => Promise.reject(new Error('No template is to be read')) },
      newId: () => `id-${++ids}`,
      handoff: {
        reserve(count) {
          log.push(`reserve ${count}`);
          return options.room === false ? undefined : { owner: 'me', now: NOW, leaseMs: 60_000 };
        },
        take(jobs, reserved) {
          log.push(`take ${jobs.map(({ message }) => message.id).join('+')} of ${reserved}`);
        },
        dueAt: (at) => log.push(`due at NOW + ${at - NOW}`),
      },
      providerNames: async () => ['relay', 'spare', 'secret'],
      routing: { primary: 'relay' },
      senderOwners: async () => (domain) => (domain === 'rival.example' ? ['rival'] : []),
      metrics: {
        acceptLatency: (_seconds, door) => measured.push(`accept ${door}`),
        messageStatus: ({ status, tenant, provider }) => measured.push(`${status} ${tenant} ${provider}`.trim()),
        rateLimitHit: (tenantId) => measured.push(`limited ${tenantId}`),
      },
      refusals: { count: (tenantId, limit) => refused.push(`${tenantId} ${limit}`) },
    },
    defaultAcceptLimits,
  );
  return { accept, acceptAll, log, stored, measured, refused };
}

function jobOf({ message }: NewMessage): Job {
  return { message, recipients: [], suppressed: [], attempts: 0, fence: 1, leaseUntil: NOW + 60_000 };
}

async function refusal(promise: Promise<unknown>): Promise<IepError> {
  const error: unknown = await promise.then(
    () => new Error('It was accepted'),
    (reason: unknown) => reason,
  );
  if (error instanceof IepError) return error;
  throw error;
}

const tenant = sampleTenant();

describe('accept', () => {
  it('stores what was fixed, and answers', async () => {
    const { accept, stored, log } = createHouse();
    const submission = sampleSubmission({ cc: [{ email: 'cc@example.com' }], bcc: [{ email: 'bcc@example.com' }] });
    expect(await accept(tenant, submission)).toEqual({
      messageId: 'id-1',
      status: 'queued',
      suppressedRecipients: [],
      duplicate: false,
    });
    expect(stored).toEqual([
      {
        message: {
          id: 'id-1',
          tenantId: tenant.id,
          createdAt: NOW,
          door: 'http',
          from: { email: 'noreply@acme.example', name: 'Acme' },
          envelopeFrom: 'noreply@acme.example',
          to: [{ email: 'user@example.com' }],
          cc: [{ email: 'cc@example.com' }],
          subject: 'Hello',
          messageIdHeader: '<id-1@acme.example>',
          content: { kind: 'parts', html: '<p>Hello</p>' },
          attachments: [],
          tags: [],
          lane: 'normal',
          maxAttempts: 5,
        },
        recipients: [
          { address: 'user@example.com', kind: 'to' },
          { address: 'cc@example.com', kind: 'cc' },
          { address: 'bcc@example.com', kind: 'bcc' },
        ],
      },
    ]);
    expect(log).toEqual(['reserve 1', 'commit 1', 'take id-1 of 1']);
  });

  it('keeps what the door and the tenant fixed', async () => {
    const { accept, stored } = createHouse();
    const given = { id: 'given', messageIdHeader: '<own@acme.example>', envelopeFrom: '' };
    await accept(sampleTenant({ settings: { maxAttempts: 9 } }), sampleRaw('Subject: x\n\nbody', given));
    expect(stored[0]?.message).toMatchObject({ ...given, maxAttempts: 9, door: 'smtp' });
    expect(stored[0]?.recipients).toEqual([{ address: 'user@example.com', kind: 'rcpt' }]);
  });

  it('gives a scheduled message no turn at the outbox', async () => {
    const { accept, stored, log } = createHouse();
    expect(await accept(tenant, sampleSubmission({ scheduledAt: NOW + 1 }))).toMatchObject({ status: 'scheduled' });
    expect(stored[0]?.message.scheduledAt).toBe(NOW + 1);
    expect(log).toEqual(['commit 1', 'due at NOW + 1']);
  });

  it('sends at once what was scheduled for a time that has passed', async () => {
    const { accept, stored } = createHouse();
    expect(await accept(tenant, sampleSubmission({ scheduledAt: NOW }))).toMatchObject({ status: 'queued' });
    expect(stored[0]?.message).not.toHaveProperty('scheduledAt');
  });

  it('stores without a lease where the outbox has no room', async () => {
    const { accept, log } = createHouse({ room: false });
    await accept(tenant, sampleSubmission());
    expect(log).toEqual(['reserve 1', 'commit 1']);
  });

  it('puts large bytes into blobs before the commit that names them', async () => {
    const { accept, stored, log } = createHouse();
    const large = new Uint8Array(INLINE_BYTES + 1);
    const small = new Uint8Array(INLINE_BYTES);
    const contentType = 'application/x-own';
    const file = (bytes: Uint8Array) => ({ filename: 'a', contentType, content: { bytes, size: bytes.length } });
    await accept(
      sampleTenant({ settings: { attachmentTypes: [contentType] } }),
      sampleSubmission({ attachments: [file(large), file(small)] }),
    );
    await accept(tenant, sampleRaw(`Subject: x\n\n${'x'.repeat(INLINE_BYTES)}`));
    expect(stored[0]?.message.attachments.map(({ content }) => Object.keys(content).sort())).toEqual([
      ['blob', 'size'],
      ['bytes', 'size'],
    ]);
    expect(stored[1]?.message.content).toMatchObject({ kind: 'raw', raw: { blob: 'b'.repeat(64) } });
    expect(log.slice(0, 3)).toEqual([`blob ${INLINE_BYTES + 1}`, 'reserve 1', 'commit 1']);
  });
});

describe('accept refuses', () => {
  it.each<[string, Partial<Submission>, Parameters<typeof sampleTenant>[0]]>([
    ['invalid_request', { subject: 'a\r\nb' }, {}],
    ['invalid_request', { provider: 'none' }, {}],
    ['invalid_request', { provider: 'secret' }, {}],
    ['invalid_request', { provider: 'relay' }, { settings: { primary: 'spare' } }],
    ['invalid_request', { provider: 'relay' }, { settings: { providers: ['spare'] } }],
    ['sender_domain_not_allowed', {}, { senderDomains: ['globex.example'], settings: { anySender: false } }],
    [
      'sender_domain_not_allowed',
      { envelopeFrom: 'a@evil.example' },
      { senderDomains: ['acme.example'], settings: { anySender: false } },
    ],
    ['sender_domain_not_allowed', { from: { email: 'a@rival.example' } }, {}],
    ['tenant_inactive', {}, { active: false }],
    ['too_many_recipients', { rcpt: Array.from({ length: 1001 }, (_, n) => `u${n}@example.com`) }, {}],
  ])('%s, and touches nothing', async (code, submission, more) => {
    const { accept, log } = createHouse();
    expect((await refusal(accept(sampleTenant(more), sampleSubmission(submission)))).code).toBe(code);
    expect(log).toEqual([]);
  });

  it('names the allowed domains and the providers there are', async () => {
    const { accept } = createHouse();
    const domain = await refusal(
      accept(sampleTenant({ senderDomains: ['globex.example'], settings: { anySender: false } }), sampleSubmission()),
    );
    expect(domain.message).toBe('acme.example is not one of the allowed sender domains: globex.example');
    const provider = await refusal(accept(tenant, sampleSubmission({ provider: 'none' })));
    expect(provider.errors).toEqual([
      { path: 'provider', message: 'this tenant has no provider of that name; it has: relay' },
    ]);
  });

  it('when the store does, and gives the room back', async () => {
    const { accept, log } = createHouse({
      accept: async () => {
        throw new IepError('store_unavailable');
      },
    });
    expect((await refusal(accept(tenant, sampleSubmission()))).code).toBe('store_unavailable');
    expect(log).toEqual(['reserve 1', 'take  of 1']);
  });

  it('when the blobs do, before anything is reserved', async () => {
    const { accept, log } = createHouse({
      put: async () => {
        throw new IepError('store_unavailable');
      },
    });
    const raw = sampleRaw(`Subject: x\n\n${'x'.repeat(INLINE_BYTES)}`);
    expect((await refusal(accept(tenant, raw))).code).toBe('store_unavailable');
    expect(log).toEqual([]);
  });

  it('lets faults through as they are, and gives the room back', async () => {
    const { accept, log } = createHouse({
      accept: async () => {
        throw new TypeError('a fault of ours');
      },
    });
    await expect(accept(tenant, sampleSubmission())).rejects.toThrow(TypeError);
    expect(log).toEqual(['reserve 1', 'take  of 1']);
  });
});

describe('a tenant with rate limits', () => {
  const limited = sampleTenant({ settings: { ratePerMinute: 2, ratePerDay: 5 } });
  const rates = [{ name: 'minute' as const, count: 2, remaining: 0, moreInMs: 9_000 }];

  it('has them looked at by the store, and hears where it stands', async () => {
    const asked: unknown[] = [];
    const { accept } = createHouse({
      async accept({ limits }) {
        asked.push(limits);
        return [{ kind: 'accepted', suppressedRecipients: [], rates }];
      },
    });
    expect(await accept(limited, sampleSubmission())).toMatchObject({ messageId: 'id-1', rates });
    await accept(tenant, sampleSubmission());
    const wanted = [
      { name: 'minute', count: 2 },
      { name: 'day', count: 5 },
    ];
    expect(asked).toEqual([{ now: NOW, rates: wanted }, undefined]);
  });

  it('is refused what does not fit, each in its place, and it is counted', async () => {
    const { acceptAll, measured, refused, log } = createHouse({
      accept: async () => [
        { kind: 'accepted', suppressedRecipients: [], rates },
        { kind: 'limited', window: 'minute', count: 2, retryAfterMs: 9_000, rates },
      ],
    });
    const answers = await acceptAll(limited, [sampleSubmission(), sampleSubmission({ to: [] }), sampleSubmission()]);
    expect(answers).toMatchObject([
      { messageId: 'id-1' },
      { code: 'invalid_request' },
      {
        code: 'rate_limited',
        message: 'This tenant may submit 2 messages in any minute',
        retryAfterMs: 9_000,
        rates,
      },
    ]);
    expect(measured).toEqual([`limited ${tenant.id}`, 'accept http', `queued ${tenant.id}`]);
    expect(refused).toEqual([`${tenant.id} rateLimited`]);
    expect(log).toEqual(['reserve 2', 'take  of 2']);
  });
});

describe('what is measured', () => {
  it('is each message that was accepted, and one commit for all of them, whatever the door', async () => {
    const { acceptAll, accept, measured } = createHouse();
    const later = sampleSubmission({ scheduledAt: NOW + 60_000, door: 'smtp' });
    await acceptAll(tenant, [sampleSubmission({ door: 'smtp' }), sampleSubmission({ to: [] }), later]);
    expect(measured.splice(0)).toEqual(['accept smtp', `queued ${tenant.id}`, `scheduled ${tenant.id}`]);
    await refusal(accept(tenant, sampleSubmission({ to: [] })));
    expect(measured).toEqual([]);
  });

  it('does not count a message that was there already', async () => {
    const result = {
      kind: 'duplicate',
      messageId: 'first',
      status: 'sent',
      suppressedRecipients: [],
      samePayload: true,
    };
    const { accept, measured } = createHouse({ accept: async () => [result as AcceptResult] });
    await accept(tenant, sampleSubmission());
    expect(measured).toEqual(['accept http']);
  });
});

describe('a duplicate', () => {
  const duplicate = (samePayload: boolean) =>
    createHouse({
      accept: async () => [
        { kind: 'duplicate', messageId: 'first', status: 'sent', suppressedRecipients: ['a@b.example'], samePayload },
      ],
    });

  it('is answered with the first message', async () => {
    const { accept, log } = duplicate(true);
    expect(await accept(tenant, sampleSubmission({ idempotencyKey: 'k' }))).toEqual({
      messageId: 'first',
      status: 'sent',
      suppressedRecipients: ['a@b.example'],
      duplicate: true,
    });
    expect(log).toEqual(['reserve 1', 'take  of 1']);
  });

  it('is refused where the payload differs, and names the first message', async () => {
    const error = await refusal(duplicate(false).accept(tenant, sampleSubmission({ idempotencyKey: 'k' })));
    expect(error.code).toBe('idempotency_key_reused');
    expect(error.extra).toEqual({ messageId: 'first' });
  });
});

describe('acceptAll', () => {
  it('answers each in its place after one commit', async () => {
    const { acceptAll, log } = createHouse();
    const earlier = new IepError('invalid_request', 'it was not JSON');
    const answers = await acceptAll(tenant, [
      sampleSubmission({ subject: 'one' }),
      earlier,
      sampleSubmission({ to: [] }),
      sampleSubmission({ scheduledAt: NOW + 1000 }),
      sampleSubmission({ subject: 'five' }),
    ]);
    expect(answers.map((one) => (one instanceof IepError ? one.code : `${one.messageId} ${one.status}`))).toEqual([
      'id-1 queued',
      'invalid_request',
      'invalid_request',
      'id-2 scheduled',
      'id-3 queued',
    ]);
    expect(answers[1]).toBe(earlier);
    expect(log).toEqual(['reserve 2', 'commit 3', 'due at NOW + 1000', 'take id-1+id-3 of 2']);
  });

  it('asks the store nothing where nothing is left', async () => {
    const { acceptAll, log } = createHouse();
    expect(await acceptAll(tenant, [])).toEqual([]);
    expect(await acceptAll(tenant, [new IepError('invalid_request')])).toHaveLength(1);
    expect(log).toEqual([]);
  });

  it('fails as a whole when the store does', async () => {
    const { acceptAll } = createHouse({
      accept: async () => {
        throw new IepError('store_unavailable');
      },
    });
    expect((await refusal(acceptAll(tenant, [sampleSubmission(), sampleSubmission()]))).code).toBe('store_unavailable');
  });
});

describe('attachments', () => {
  const file = (more: Partial<Attachment> = {}): Attachment => {
    const bytes = Buffer.from('%PDF-1.4\n');
    return { filename: 'a.pdf', contentType: 'application/pdf', content: { bytes, size: bytes.length }, ...more };
  };
  const strict = sampleTenant({
    settings: { maxAttachments: 2, maxAttachmentBytes: 20, maxAttachmentsBytes: 25, attachmentTypes: ['image/*'] },
  });

  it.each<[string, ReturnType<typeof sampleTenant>, Partial<Submission>, string]>([
    ['attachment_type_not_allowed', strict, { attachments: [file()] }, 'attachments.0.contentType'],
    [
      'attachment_type_not_allowed',
      tenant,
      { attachments: [file({ contentType: 'a/b' })] },
      'attachments.0.contentType',
    ],
    [
      'attachment_type_mismatch',
      tenant,
      { attachments: [file(), file({ contentType: 'image/png' })] },
      'attachments.1',
    ],
    ['attachment_type_mismatch', tenant, { attachments: [file({ filename: 'a.exe' })] }, 'attachments.0'],
    ['message_too_large', strict, { attachments: [file({ content: { blob: 'b', size: 21 } })] }, 'attachments.0'],
    [
      'message_too_large',
      strict,
      { attachments: [file({ content: { blob: 'b', size: 13 } }), file({ content: { blob: 'b', size: 13 } })] },
      'attachments',
    ],
    [
      'invalid_request',
      strict,
      { attachmentUrls: [{ url: 'https://a.example' }, { url: 'https://b.example' }, { url: 'https://c.example' }] },
      'attachments',
    ],
    ['invalid_request', tenant, { attachmentUrls: [{ url: 'file:///etc/passwd' }] }, 'attachmentUrls.0.url'],
    ['invalid_request', tenant, { attachmentUrls: [{ url: 'https://u:p@a.example' }] }, 'attachmentUrls.0.url'],
    [
      'attachment_type_not_allowed',
      tenant,
      { attachmentUrls: [{ url: 'https://a.example', contentType: 'a/b' }] },
      'attachmentUrls.0.contentType',
    ],
    [
      'invalid_request',
      tenant,
      { attachments: [file({ contentId: 'x' })], attachmentUrls: [{ url: 'https://a.example', contentId: 'x' }] },
      'attachmentUrls.0.contentId',
    ],
  ])('are refused as %s', async (code, of, more, path) => {
    const { accept, stored } = createHouse();
    const refused = await refusal(accept(of, sampleSubmission(more)));
    expect({ code: refused.code, paths: refused.errors?.map((error) => error.path) }).toEqual({ code, paths: [path] });
    expect(stored).toEqual([]);
  });

  it('by URL have their place after those that came with the message', async () => {
    const { accept, stored } = createHouse();
    const attachmentUrls = [{ url: 'https://a.example/1' }, { url: 'https://a.example/2', filename: 'b.pdf' }];
    await accept(tenant, sampleSubmission({ attachments: [file()], attachmentUrls }));
    expect(stored[0]?.message.attachmentUrls).toEqual([
      { url: 'https://a.example/1', position: 1 },
      { url: 'https://a.example/2', filename: 'b.pdf', position: 2 },
    ]);
  });
});
