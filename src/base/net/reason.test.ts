import { describe, expect, it } from 'vitest';
import { reasonOf, tlsReasonOf } from './reason.ts';

const fault = (message: string, code?: string) => Object.assign(new Error(message), code !== undefined && { code });
const WRONG_VERSION =
  'write EPROTO 00AB:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:ssl.c:';

describe('why there is no answer', () => {
  it.each([
    [fault(WRONG_VERSION, 'EPROTO'), 'the TLS connection failed: the port does not speak TLS'],
    [fault(WRONG_VERSION), 'the TLS connection failed: the port does not speak TLS'],
    [fault('Parse Error: Expected HTTP/, RTSP/ or ICE/', 'HPE_INVALID_CONSTANT'), 'the answer is not HTTP'],
    [fault('socket hang up', 'ECONNRESET'), 'the other side closed the connection and did not answer'],
    [
      fault('self-signed certificate; try running Node.js with --use-system-ca', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
      'the TLS connection failed: the certificate is self-signed, and this machine does not trust it',
    ],
    [new AggregateError([fault('connect ECONNREFUSED 127.0.0.1:9', 'ECONNREFUSED')], ''), 'the connection was refused'],
    [fault('it does not answer'), 'it does not answer'],
  ])('%# is said in words, without the text of Node or OpenSSL', (error, said) => {
    expect(reasonOf(error)).toBe(said);
  });

  it('is none of TLS where the connection was refused', () => {
    expect(tlsReasonOf(fault('connect ECONNREFUSED', 'ECONNREFUSED'))).toBeUndefined();
  });
});
