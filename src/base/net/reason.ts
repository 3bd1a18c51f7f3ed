/** Why no answer came, in words that a tenant may see: unlike Node's messages they name no address. */

const reasons: Readonly<Record<string, string>> = {
  ABORT_ERR: 'it was broken off',
  EAI_AGAIN: 'the name could not be looked up',
  EBUSY: 'the name could not be looked up',
  ECANCELLED: 'the name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'DNS does not know the name',
  EPIPE: 'the connection was closed while the request was sent',
  ESERVFAIL: 'the name servers of the name do not answer',
  ETIMEDOUT: 'the connection timed out',
  ETIMEOUT: 'the name servers of the name do not answer',
  HPE_HEADER_OVERFLOW: 'the header of the answer is too long',
};

/** Why a TLS connection fails, by the codes of Node and OpenSSL. */
const tlsReasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is wrong',
  CERT_UNTRUSTED: 'nobody that this machine trusts signed the certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed, and this machine does not trust it',
  EPROTO: 'the two sides found no TLS version or cipher in common',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the port does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the port does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  HOSTNAME_MISMATCH: 'the certificate is for another name',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody that this machine trusts signed the certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'nobody that this machine trusts signed the certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody that this machine trusts signed the certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody that this machine trusts signed the certificate',
};

/** DNS knows no address of the name. */
export function isUnknownName(error: unknown): boolean {
  return ['ENODATA', 'ENOTFOUND', 'EBADNAME'].includes(String((error as { code?: unknown }).code));
}

const MAX_REASON_LENGTH = 200;

export function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const { code, name, message = '' } = first as { code?: unknown; name?: unknown; message?: string };
  if (typeof code === 'string') {
    if (message === 'socket hang up') return 'the other side closed the connection and did not answer';
    const known = reasons[code];
    if (known !== undefined) return known;
    if (code.startsWith('HPE_')) return 'the answer is not HTTP';
    const ofTls = tlsReasonOf(first);
    if (ofTls !== undefined) return ofTls;
    return `the request failed: ${code}`;
  }
  if (name === 'AbortError') return 'it was broken off';
  return tlsReasonOf(first) ?? message.slice(0, MAX_REASON_LENGTH);
}

/** Undefined for an error that is not one of TLS. OpenSSL's own text is for its programmers. */
export function tlsReasonOf(error: unknown): string | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (!isOfTls(code) && !/:SSL routines:|--use-system-ca/.test(message)) return undefined;
  if (/wrong version number|packet length too long|unknown protocol|http request/.test(message)) {
    return 'the TLS connection failed: the port does not speak TLS';
  }
  return `the TLS connection failed: ${tlsReasons[code] ?? (code || 'the two sides did not agree')}`;
}

function isOfTls(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/.test(code);
}
