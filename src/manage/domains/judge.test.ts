/** What DNS may say, and what is made of it. */

import { describe, expect, it } from 'vitest';
import type { DnsAnswer } from './dns.ts';
import { judgeDkim, judgeDmarc, judgeReturnPath, judgeSpf } from './judge.ts';

const found = (...values: string[]): DnsAnswer => ({ kind: 'found', values });
const none: DnsAnswer = { kind: 'none' };
const failed: DnsAnswer = { kind: 'failed', reason: 'the name server did not answer in time' };

describe('SPF', () => {
  const include = '_spf.platform.example';
  it.each([
    ['ok', found('v=spf1 include:_spf.platform.example ~all')],
    ['ok', found('v=spf1 a MX +INCLUDE:_SPF.Platform.example. -all', 'google-site-verification=x')],
    ['ok', found('v=spf1 redirect=_spf.platform.example')],
    ['missing', none],
    ['missing', found('v=spf10 include:_spf.platform.example')],
    ['wrong', found('v=spf1 ~all')],
    ['wrong', found('v=spf1 include:_spf.platform.example.evil.example ~all')],
    ['wrong', found('v=spf1 include:x_spf.platform.example ~all')],
    ['wrong', found('v=spf1 exp=_spf.platform.example ~all')],
    ['wrong', found('v=spf1 -all include:_spf.platform.example')],
    ['wrong', found('v=spf1 -all redirect=_spf.platform.example')],
    ['wrong', found('v=spf1 -include:_spf.platform.example ~all')],
    ['wrong', found('v=spf1 ?include:_spf.platform.example ~all')],
    ['wrong', found('v=spf1 include:_spf.platform.example ~all', 'v=spf1 mx -all')],
    ['wrong', found('v=spf1 !! include:_spf.platform.example')],
    ['dns_failure', failed],
  ])('is %s: %j', (status, answer) => {
    expect(judgeSpf(answer, include)).toMatchObject({ status, detail: expect.stringMatching(/^[A-Z].{10}/) });
  });

  it('says how the record that is there should read', () => {
    expect(judgeSpf(found('v=spf1 a mx -all'), include).detail).toContain(
      'v=spf1 a mx include:_spf.platform.example -all',
    );
  });

  it('is only looked at for its form where the include is not known', () => {
    expect(judgeSpf(found('v=spf1 mx -all'), undefined).status).toBe('ok');
    expect(judgeSpf(none, undefined).status).toBe('missing');
    expect(judgeSpf(found('v=spf1 a', 'v=spf1 b'), undefined).status).toBe('wrong');
  });
});

describe('DKIM', () => {
  const key = { algorithm: 'rsa-sha256', publicKey: 'AAAABBBB', selector: 'iep1' } as const;
  it.each([
    ['ok', found('v=DKIM1; k=rsa; p=AAAABBBB')],
    ['ok', found('p=AAAA BBBB')],
    ['ok', found(' v = DKIM1 ;p=AAAA\tBBBB; t=y:s; h=sha1:sha256; s=*; n=hello;')],
    ['missing', none],
    ['wrong', found('v=DKIM1; p=')],
    ['wrong', found('v=DKIM1; p=AAAABBBC')],
    ['wrong', found('v=DKIM1; k=ed25519; p=AAAABBBB')],
    ['wrong', found('v=DKIM1; h=sha1; p=AAAABBBB')],
    ['wrong', found('v=DKIM1; s=web; p=AAAABBBB')],
    ['wrong', found('v=DKIM2; p=AAAABBBB')],
    ['wrong', found('p=AAAABBBB; v=DKIM1')],
    ['wrong', found('v=DKIM1; k=rsa')],
    ['wrong', found('v=DKIM1; p=AAAABBBB; p=AAAABBBB')],
    ['wrong', found('hello')],
    ['wrong', found('v=DKIM1; p=AAAABBBB', 'v=DKIM1; p=AAAABBBB')],
    ['dns_failure', failed],
  ])('is %s: %j', (status, answer) => {
    expect(judgeDkim(answer, key).status).toBe(status);
  });

  it('says that a key is revoked', () => {
    expect(judgeDkim(found('v=DKIM1; p='), key).detail).toContain('revoked');
  });
});

describe('DMARC', () => {
  const own = { domain: 'acme.example', at: 'acme.example' };
  it.each([
    ['ok', found('v=DMARC1; p=none; rua=mailto:d@acme.example')],
    ['ok', found('v=DMARC1;p=Reject', 'something else')],
    ['missing', none],
    ['missing', found('v=DMARC11; p=none')],
    ['wrong', found('v=DMARC1; rua=mailto:d@acme.example')],
    ['wrong', found('v=DMARC1; p=maybe')],
    ['wrong', found('v=DMARC1; p=none', 'v=DMARC1; p=reject')],
    ['dns_failure', failed],
  ])('is %s: %j', (status, answer) => {
    expect(judgeDmarc(answer, own).status).toBe(status);
  });

  it('of a domain above speaks with its policy for sub-domains', () => {
    const above = { domain: 'news.acme.example', at: 'acme.example' };
    expect(judgeDmarc(found('v=DMARC1; p=none; sp=reject'), above).detail).toBe(
      'The DMARC policy is reject, that of acme.example',
    );
  });
});

describe('the return path', () => {
  const target = 'bounces.platform.example';
  it.each([
    ['ok', found('bounces.platform.example'), none],
    ['ok', none, found('bounces.platform.example')],
    ['ok', failed, found('bounces.platform.example')],
    ['missing', none, none],
    ['wrong', found('elsewhere.example'), none],
    ['wrong', none, found('mx.elsewhere.example')],
    ['dns_failure', failed, none],
  ])('is %s: %j, %j', (status, cname, mx) => {
    expect(judgeReturnPath({ cname, mx }, target).status).toBe(status);
  });
});
