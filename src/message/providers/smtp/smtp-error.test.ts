import { describe, expect, it } from 'vitest';
import { advice, openingOutcome, type SmtpError } from './smtp-error.ts';

const error = (message: string, fields: Partial<SmtpError> = {}): SmtpError =>
  Object.assign(new Error(message), fields);

describe('the advice', () => {
  it.each([
    [error('closed', { command: 'EHLO', response: '421 4.7.0 Try again later, closing connection.' }), 'smtp.hostname'],
    [
      error('no', { command: 'MAIL FROM', response: '550 5.7.1 Helo command rejected: need fully-qualified hostname' }),
      'smtp.hostname',
    ],
    [error('Invalid login: 535 5.7.8', { code: 'EAUTH', response: '535 5.7.8 no' }), 'username and password'],
    [
      error("Hostname/IP does not match certificate's altnames", {
        code: 'ESOCKET',
        originalCode: 'ERR_TLS_CERT_ALTNAME_INVALID',
      }),
      'serverName',
    ],
    [
      error('self-signed certificate in certificate chain', {
        code: 'ESOCKET',
        originalCode: 'SELF_SIGNED_CERT_IN_CHAIN',
      }),
      'set ca',
    ],
    [
      error('unable to verify the first certificate', {
        code: 'ESOCKET',
        originalCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      }),
      'set ca',
    ],
    [error('certificate has expired', { code: 'ESOCKET', originalCode: 'CERT_HAS_EXPIRED' }), 'has expired'],
    [error('certificate is not yet valid', { code: 'ESOCKET', originalCode: 'CERT_NOT_YET_VALID' }), 'check the clock'],
    [
      error('tls_get_more_records:packet length too long', { code: 'ESOCKET', originalCode: 'EPROTO' }),
      'tls: required',
    ],
    [error('Error upgrading connection with STARTTLS', { code: 'ETLS' }), 'tls: implicit'],
    [error('Greeting never received', { code: 'ETIMEDOUT' }), '465: implicit'],
    [error('connect EMFILE', { code: 'ESOCKET', originalCode: 'EMFILE' }), 'LimitNOFILE'],
    [error('connect ECONNREFUSED', { code: 'ESOCKET', originalCode: 'ECONNREFUSED' }), 'Nothing listens there'],
    [error('getaddrinfo ENOTFOUND', { code: 'EDNS', originalCode: 'ENOTFOUND' }), 'name server'],
    [error('something else'), 'may be down'],
  ])('for %o names what to do: %s', (given, expected) => {
    expect(advice(given)).toContain(expected);
  });
});

describe('a connection that could not be had', () => {
  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS'])(
    'for want of what this machine lacks (%s) costs no attempt and blames no provider',
    (originalCode) => {
      const outcome = openingOutcome(error(`connect ${originalCode}`, { code: 'ESOCKET', originalCode }), 'relay:25');
      expect(outcome.kind).toBe('throttled');
      expect(outcome.reply.text).toContain(originalCode);
    },
  );

  it('for TLS is told without the text of OpenSSL', () => {
    const message = '00AB:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:ssl.c:77:';
    expect(openingOutcome(error(message, { code: 'ESOCKET', originalCode: 'EPROTO' }), 'relay:465').reply.text).toBe(
      'relay:465: the TLS connection failed: the port does not speak TLS',
    );
  });

  it('is unavailable else', () => {
    expect(openingOutcome(error('connect ECONNREFUSED', { originalCode: 'ECONNREFUSED' }), 'relay:25').kind).toBe(
      'unavailable',
    );
  });
});
