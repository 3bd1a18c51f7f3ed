/** Who a submission goes to, and whom it may say it is from. */

import { describe, expect, it } from 'vitest';
import { envelopeRecipients, forbiddenSenderDomain } from './envelope.ts';
import { sampleSubmission } from './sample.testing.ts';

describe('envelopeRecipients', () => {
  it('names each address once, as what it was first', () => {
    const submission = sampleSubmission({
      to: [{ email: 'a@example.com', name: 'A' }, { email: 'b@example.com' }, { email: 'a@example.com' }],
      cc: [{ email: 'b@example.com' }, { email: 'c@example.com' }],
      bcc: [{ email: 'c@example.com' }, { email: 'A@example.com' }, { email: 'd@example.com' }],
    });
    expect(envelopeRecipients(submission)).toEqual([
      { address: 'a@example.com', kind: 'to' },
      { address: 'b@example.com', kind: 'to' },
      { address: 'c@example.com', kind: 'cc' },
      // A local part is the receiver's own to compare.
      { address: 'A@example.com', kind: 'bcc' },
      { address: 'd@example.com', kind: 'bcc' },
    ]);
  });

  it('is the list of RCPT alone, where there is one', () => {
    const submission = sampleSubmission({ rcpt: ['x@EXAMPLE.com', 'x@example.com', 'y@bücher.example'] });
    expect(envelopeRecipients(submission)).toEqual([
      { address: 'x@example.com', kind: 'rcpt' },
      { address: 'y@xn--bcher-kva.example', kind: 'rcpt' },
    ]);
  });
});

describe('forbiddenSenderDomain', () => {
  const check = (from: string, allowed: string[], envelopeFrom?: string) =>
    forbiddenSenderDomain(
      sampleSubmission({ from: { email: from }, ...(envelopeFrom !== undefined && { envelopeFrom }) }),
      allowed,
    );

  it.each<[string, string[], string | undefined]>([
    ['a@acme.example', ['acme.example'], undefined],
    ['a@mail.eu.acme.example', ['globex.example', 'acme.example'], undefined],
    ['a@acme.example', ['acme.example'], ''],
    ['a@acme.example', ['acme.example'], 'bounce@MAIL.acme.example'],
  ])('lets %s through for %j', (from, allowed, envelopeFrom) => {
    expect(check(from, allowed, envelopeFrom)).toBeUndefined();
  });

  it('looks at Sender and whom a message was sent again by, too', () => {
    const submission = sampleSubmission({ from: { email: 'a@acme.example' }, otherSenders: ['b@acme.example'] });
    expect(forbiddenSenderDomain(submission, ['acme.example'])).toBeUndefined();
    const other = { ...submission, otherSenders: ['b@acme.example', 'ceo@bank.example'] };
    expect(forbiddenSenderDomain(other, ['acme.example'])).toBe('bank.example');
  });

  it.each<[string, string | undefined, string]>([
    ['a@globex.example', undefined, 'globex.example'],
    ['a@notacme.example', undefined, 'notacme.example'],
    ['a@acme.example.evil.example', undefined, 'acme.example.evil.example'],
    ['a@example', undefined, 'example'],
    ['a@acme.example', 'a@globex.example', 'globex.example'],
    ['"x@acme.example"@globex.example', undefined, 'globex.example'],
  ])('names the domain of %s, reverse path %s', (from, envelopeFrom, domain) => {
    expect(check(from, ['acme.example'], envelopeFrom)).toBe(domain);
  });
});
