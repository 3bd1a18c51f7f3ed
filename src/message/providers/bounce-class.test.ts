/** What a failure says of the address, by what vendors and reports tell of it; the table of replies has tests of its own. */

import { describe, expect, it } from 'vitest';
import { bounceClass, diagnose } from './bounce-class.ts';
import { judgeBounce } from './callbacks/told.ts';

const classOf = (said: string, status?: string) => bounceClass(diagnose(said, status), 'jo@example.com');

describe('a failure is', () => {
  it.each([
    [
      'policy',
      '554-Transaction failed 554-Reject due to policy restrictions. 554 For explanation visit https://postmaster.gmx.net/en/case?c=hi',
    ],
    ['policy', '550 Message rejected due to DMARC.'],
    ['policy', '554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554'],
    ['policy', 'Message rejected due to DMARC.'],
    [
      'policy',
      "5.1.0 - Unknown address error 550-'5.7.1 <000001@mail.example>... Access denied' (delivery attempts: 0)",
    ],
    ['policy', 'host r2.example.org[198.51.100.24] said: 550 Rejected (in reply to DATA command)'],
    ['policy', '550 Bad SPF records for [example.org:192.0.2.2], see http://spf.pobox.com/'],
    ['soft', '550 5.4.300 Message expired -> 421 4.4.1 Connection timed out'],
    ['soft', 'retry timeout exceeded'],
    ['soft', '554 5.4.14 Hop count exceeded - possible mail loop ATTR34'],
    [
      'hard',
      "5.1.0 - Unknown address error 550-'5.1.1 Mailbox <jo@example.com> does not exist' (delivery attempts: 0)",
    ],
    ['hard', '550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]'],
    ['hard', 'Remote host said: 550 <jo@example.com>: no such user'],
    // Contract: other permanent ones.
    ['hard', '554 Transaction failed'],
  ])('%s: %s', (reason, said) => {
    expect(classOf(said, '5.0.0')).toBe(reason);
  });

  it.each([
    ['5.4.316', 'soft'],
    ['5.4.6', 'soft'],
    ['5.1.8', 'policy'],
    ['5.4.310', 'hard'],
    ['5.1.10', 'hard'],
  ])('with status %s alone, %s', (status, reason) => {
    expect(classOf('', status)).toBe(reason);
  });
});

it('without a code is judged by its words, and is what its vendor says where they tell no cause', () => {
  const judged = (said: string, otherwise: 'hard' | 'soft') => judgeBounce(diagnose(said), undefined, otherwise);
  expect(judged('Connection timed out', 'hard')).toBe('soft');
  expect(judged('Rejected due to policy', 'soft')).toBe('policy');
  expect(judged('The server was unable to deliver your message.', 'hard')).toBe('hard');
  expect(judged('no such user', 'soft')).toBe('soft');
});
