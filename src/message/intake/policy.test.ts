/** Which domains mail may be from, be answered at, and go to. */

import { describe, expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import type { Submission } from '../../core/message.ts';
import { senderOwners } from '../../core/sender-owners.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { createRawMessageReader } from '../rfc5322/raw-message.ts';
import { checkPolicy, recipientRefusal } from './policy.ts';
import { NOW, sampleSubmission, sampleTenant } from './sample.testing.ts';

const anybody = { recipientDomains: [] };
const rival = { id: 'rival', senderDomains: ['globex.example', 'mail.acme.example', 'group.example'] };

function refusalOf(tenant: Tenant, submission: Submission, platform = anybody as { recipientDomains: string[] }) {
  try {
    checkPolicy(tenant, submission, { platform, ownersOf: senderOwners([tenant, rival]) });
  } catch (error) {
    if (error instanceof IepError) return error;
    throw error;
  }
  return undefined;
}

/** A whole message, read as the SMTP door reads it. */
async function raw(header: string, envelope: { envelopeFrom?: string; rcpt?: string[] } = {}): Promise<Submission> {
  const blobs = {
    create: () => {
      throw new Error('It is small');
    },
  };
  const reader = createRawMessageReader(blobs, {
    door: 'smtp',
    id: 'id',
    now: NOW,
    arrival: { by: 'host.example', protocol: 'ESMTP' },
    rcpt: ['user@example.com'],
    maxBytes: 100_000,
    ...envelope,
  });
  await reader.write(Buffer.from(`${header.replaceAll('\n', '\r\n')}\r\n\r\nbody\r\n`));
  return reader.finish();
}

describe('the sender', () => {
  const tenant = sampleTenant({ senderDomains: ['acme.example'], settings: { anySender: false } });
  const verified = (verifiedDomains: string[], senderDomains = ['acme.example', 'new.example']) =>
    sampleTenant({ senderDomains, verifiedDomains, settings: { requireVerifiedDomains: true } });

  it('is at an allowed domain or below one, in From and in the envelope', () => {
    expect(refusalOf(tenant, sampleSubmission({ envelopeFrom: 'bounce@news.acme.example' }))).toBeUndefined();
    const refused = refusalOf(tenant, sampleSubmission({ envelopeFrom: 'a@globex.example' }));
    expect(refused).toMatchObject({ code: 'sender_domain_not_allowed', message: expect.stringMatching(/^globex/) });
  });

  it('is at a domain of its own where the tenant may not send from anywhere', () => {
    const none = refusalOf(sampleTenant({ settings: { anySender: false } }), sampleSubmission());
    expect(none).toMatchObject({
      code: 'sender_domain_not_allowed',
      message: 'acme.example cannot be used: this tenant has no sender domain',
    });
    const two = sampleTenant({ senderDomains: ['a.example', 'b.example'], settings: { anySender: false } });
    expect(refusalOf(two, sampleSubmission())?.message).toBe(
      'acme.example is not one of the allowed sender domains: a.example, b.example',
    );
  });

  it('is at no domain of another tenant, which stays unnamed, unless they share it', () => {
    for (const email of ['a@globex.example', 'a@news.globex.example']) {
      const refused = refusalOf(sampleTenant(), sampleSubmission({ from: { email } }));
      expect(refused).toMatchObject({
        code: 'sender_domain_not_allowed',
        message: expect.not.stringContaining('rival'),
      });
    }
    const shared = sampleTenant({ senderDomains: ['group.example'], settings: { anySender: false } });
    expect(refusalOf(shared, sampleSubmission({ from: { email: 'a@news.group.example' } }))).toBeUndefined();
  });

  it('is at a domain below its own only where that is not another tenant’s', () => {
    const from = (email: string) => refusalOf(tenant, sampleSubmission({ from: { email } }))?.code;
    expect(from('a@news.acme.example')).toBeUndefined();
    expect(from('a@mail.acme.example')).toBe('sender_domain_not_allowed');
    expect(from('a@eu.mail.acme.example')).toBe('sender_domain_not_allowed');
    const below = sampleTenant({ senderDomains: ['eu.mail.acme.example'], settings: { anySender: false } });
    expect(refusalOf(below, sampleSubmission({ from: { email: 'a@eu.mail.acme.example' } }))).toBeUndefined();
  });

  it('of a whole message is its From, however the envelope reads', async () => {
    const envelopeFrom = 'a@acme.example';
    expect(refusalOf(tenant, await raw('From: Jo <jo@acme.example>', { envelopeFrom }))).toBeUndefined();
    expect(refusalOf(tenant, await raw('From: Jo <jo@globex.example>', { envelopeFrom }))?.code).toBe(
      'sender_domain_not_allowed',
    );
  });

  it.each(['From: a@acme.example, b@globex.example', 'From: a@acme.example\nFrom: b@globex.example'])(
    'of a whole message is one: %j is not taken',
    async (header) => {
      await expect(raw(header, { envelopeFrom: 'a@acme.example' })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('is at a verified domain where the tenant requires it', () => {
    const fromNew = sampleSubmission({ from: { email: 'a@new.example' } });
    expect(refusalOf(verified(['acme.example']), sampleSubmission())).toBeUndefined();
    expect(refusalOf(verified(['acme.example']), fromNew)).toMatchObject({
      code: 'sender_domain_not_verified',
      message: 'new.example is not a verified sender domain; these are: acme.example',
    });
    expect(refusalOf(verified([]), sampleSubmission())).toMatchObject({ code: 'sender_domain_not_verified' });
    // Without a list any domain is allowed, but none is verified.
    expect(refusalOf(verified([], []), sampleSubmission())).toMatchObject({ code: 'sender_domain_not_verified' });
    const off = sampleTenant({ senderDomains: ['acme.example'], settings: { requireVerifiedDomains: false } });
    expect(refusalOf(off, sampleSubmission())).toBeUndefined();
  });
});

describe('Reply-To', () => {
  const tenant = sampleTenant({ settings: { replyToDomains: ['acme.example'] } });
  const code = (submission: Submission) => refusalOf(tenant, submission)?.code;

  it('may be anywhere where there is no list, and may be absent', async () => {
    const free = sampleTenant();
    expect(refusalOf(free, sampleSubmission({ replyTo: 'x@anywhere.example' }))).toBeUndefined();
    expect(refusalOf(free, await raw('From: a@b.example\nReply-To: <<odd'))).toBeUndefined();
    expect(code(sampleSubmission())).toBeUndefined();
  });

  it.each(['help@acme.example', '"Help, us" <help@eu.acme.example>'])('may be %s', (replyTo) => {
    expect(code(sampleSubmission({ replyTo }))).toBeUndefined();
  });

  it.each(['help@globex.example', 'help@notacme.example', 'x@acme.example.evil.example'])(
    'may not be %s',
    (replyTo) => {
      expect(refusalOf(tenant, sampleSubmission({ replyTo }))).toMatchObject({
        code: 'reply_to_domain_not_allowed',
        errors: [{ path: 'replyTo', message: expect.stringContaining(replyTo) }],
      });
    },
  );

  it.each([
    'help@acme.example',
    'Help <help@acme.example>, "a@b" <x@eu.acme.example>',
    'Team: one@acme.example, two@acme.example;',
    '"odd@name"@acme.example (their comment)',
  ])('of a whole message may be %s', async (value) => {
    expect(code(await raw(`From: a@b.example\nReply-To: ${value}`))).toBeUndefined();
  });

  it.each([
    'help@globex.example',
    'help@acme.example, other@globex.example',
    'help@acme.example\nReply-To: other@globex.example',
    'a@globex.example <help@acme.example>',
    'help@acme.example <a@globex.example',
    '<help@acme.example> <a@globex.example>',
    'help@acme.example, a@globex..example',
    'help@acme.example;a@globex.example',
    '=?utf-8?q?x?= <a@globex.example>, help@acme.example',
  ])('of a whole message may not be %j', async (value) => {
    expect(code(await raw(`From: a@b.example\nReply-To: ${value}`))).toBe('reply_to_domain_not_allowed');
  });
});

describe('recipients', () => {
  const tenant = sampleTenant({ settings: { recipientDomains: ['acme.example', 'example.com'] } });
  const three = sampleSubmission({
    to: [{ email: 'a@example.com' }, { email: 'b@customer.example' }],
    cc: [{ email: 'c@qa.ACME.example' }],
    bcc: [{ email: 'd@gmail.example' }],
  });

  it('that may not be mailed are each named, with where they stand', () => {
    expect(refusalOf(tenant, three)).toMatchObject({
      code: 'recipient_domain_not_allowed',
      message:
        'b@customer.example is not at a domain that this tenant may mail: acme.example, example.com (and 1 more)',
      errors: [
        { path: 'to.1', message: expect.stringMatching(/^b@customer\.example is not at/) },
        { path: 'bcc.0', message: expect.stringMatching(/^d@gmail\.example is not at/) },
      ],
    });
  });

  it('must be on the tenant’s list and on the platform’s', () => {
    const both = { recipientDomains: ['example.com'] };
    expect(refusalOf(tenant, sampleSubmission(), both)).toBeUndefined();
    expect(refusalOf(tenant, sampleSubmission({ to: [{ email: 'a@acme.example' }] }), both)?.message).toBe(
      'a@acme.example is not at a domain that this platform may mail: example.com',
    );
    expect(refusalOf(sampleTenant(), three, both)?.errors).toHaveLength(3);
    expect(refusalOf(sampleTenant(), three)).toBeUndefined();
  });

  it('of an envelope are those of RCPT alone', async () => {
    const shown = 'From: a@b.example\nTo: someone@customer.example';
    expect(refusalOf(tenant, await raw(shown))).toBeUndefined();
    const rcpt = ['ok@example.com', 'u@customer.example', 'x@[127.0.0.1]'];
    const refused = refusalOf(tenant, await raw('From: a@b.example', { rcpt }));
    expect(refused?.errors?.map(({ path }) => path)).toEqual(['rcpt.1', 'rcpt.2']);
  });

  it('can be asked about one by one', () => {
    expect(recipientRefusal(tenant, anybody, 'a@example.com')).toBeUndefined();
    expect(recipientRefusal(tenant, anybody, 'a@other.example')).toMatchObject({
      code: 'recipient_domain_not_allowed',
      message: 'a@other.example is not at a domain that this tenant may mail: acme.example, example.com',
    });
  });
});
