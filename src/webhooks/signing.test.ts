/** Verified by the libraries that receivers use. */

import { createHmac } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { isSecret, newSecret, sign } from './signing.ts';

const body = '{"event":"message.sent","data":{"subject":"Grüße 🎉"}}';
const post = () => ({ id: '0190-id', at: Date.now(), body });
const verifiers = {
  standardwebhooks: (secret: string) => new StandardWebhook(secret),
  svix: (secret: string) => new SvixWebhook(secret),
};

describe.each(Object.entries(verifiers))('a signed post, checked by %s', (_name, verifier) => {
  it('is what it says', () => {
    const secret = newSecret();
    expect(() => verifier(secret).verify(body, sign(post(), [secret]))).not.toThrow();
  });

  it('is refused when the body, the id, the time or the secret is another', () => {
    const secret = newSecret();
    const headers = sign(post(), [secret]);
    const refused = (text: string, more: Record<string, string>, key = secret) =>
      expect(() => verifier(key).verify(text, { ...headers, ...more })).toThrow();
    refused(`${body} `, {});
    refused(body, { 'webhook-id': 'other' });
    refused(body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) });
    refused(body, {}, newSecret());
    const old = sign({ ...post(), at: Date.now() - 3_600_000 }, [secret]);
    refused(body, old);
  });

  it('is taken with the old secret and with the new while both sign', () => {
    const [before, after] = [newSecret(), newSecret()];
    const headers = sign(post(), [after, before]);
    for (const secret of [before, after]) expect(() => verifier(secret).verify(body, headers)).not.toThrow();
  });
});

describe('x-iep-signature', () => {
  it('is over the body alone, with the newest secret’s whole text', () => {
    const [before, after] = [newSecret(), newSecret()];
    const expected = createHmac('sha256', after).update(body).digest('hex');
    expect(sign(post(), [after, before])['x-iep-signature']).toBe(`sha256=${expected}`);
    expect(after).toMatch(/^whsec_/);
  });
});

describe('a secret', () => {
  it('is made in the form that is taken, and never twice', () => {
    const made = new Set(Array.from({ length: 20 }, newSecret));
    expect(made.size).toBe(20);
    for (const secret of made) expect(isSecret(secret)).toBe(true);
  });

  it.each([
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', true],
    [`whsec_${Buffer.alloc(64).toString('base64')}`, true],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, false],
    [`whsec_${Buffer.alloc(23).toString('base64')}`, false],
    [`whsec_${Buffer.alloc(25).toString('base64').replace(/=+$/, '')}`, false],
    [`whsec_${Buffer.alloc(24, 255).toString('base64url')}`, false],
    [Buffer.alloc(32).toString('base64'), false],
    ['whsec_', false],
    ['hunter2', false],
  ])('%s: %s', (text, is) => {
    expect(isSecret(text)).toBe(is);
  });
});
