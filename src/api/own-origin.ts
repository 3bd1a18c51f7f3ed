/** Where the pages of this platform come from, as a browser has it. */

import type { ApiRequest } from './request.ts';

export interface OwnOrigin {
  /** `https://mail.example.com`. */
  readonly origin: string;
  readonly hostname: string;
  readonly isSecure: boolean;
}

export type OwnOriginOf = (request: ApiRequest) => OwnOrigin;

/**
 * By `publicUrl` where it is set. Else by the name that the caller used: a page elsewhere may make up neither Host nor Origin, and
 * the cookie of one name does not come with calls by another.
 */
export function createOwnOrigin(publicUrl: () => string | undefined): OwnOriginOf {
  return (request) => {
    const set = publicUrl();
    const url = URL.parse(set ?? `${request.secure ? 'https' : 'http'}://${request.header('host') ?? 'localhost'}`);
    if (url === null) return { origin: 'null', hostname: 'localhost', isSecure: request.secure };
    return { origin: url.origin, hostname: url.hostname, isSecure: url.protocol === 'https:' };
  };
}
