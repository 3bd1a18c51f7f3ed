/** What each provider that speaks a vendor's HTTP API is told beside what is the vendor's own, and the rule of its endpoint. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import type { Capabilities } from '../provider.ts';
import { commonSettings, type Flag } from '../type.ts';

/** `endpoint`: the vendor's own. */
export function httpSettings(endpoint: string) {
  return {
    ...commonSettings,
    /** Scheme, host and port; the vendor's paths are appended. */
    endpoint: z.string().min(1).default(endpoint),
    /** Permits `http:` to a host that is not this one. */
    allowPlaintext: z.boolean().default(false),
    /** Requests at once. */
    maxConnections: z.int().positive().max(10_000).default(20),
    /** Silence of the vendor after which a request has failed: while connecting, while it leaves, before the answer, and in it. */
    timeoutSeconds: z.number().positive().max(3_600).default(60),
  };
}

export const httpFlags: Readonly<Record<string, Flag>> = {
  endpoint: { value: 'url', help: "scheme, host and port of the vendor's API, where it is not the usual one" },
  maxConnections: { value: 'n', help: 'connections or requests at once' },
};

/** The key of an API that has but one. */
export const apiKeyFlag: Flag = { value: 'file', help: "file with the key of the vendor's API; - is standard input" };
/** For `httpSettings` of a vendor that takes whole messages by SMTP. */
export const smtpEndpointFlag: Flag = {
  value: 'host:port',
  help: 'where whole messages go, where it is not the usual one',
};

/** For the table of providers. */
export function hostOf(endpoint: string): string {
  return URL.parse(endpoint)?.host ?? '';
}

/** Vendors sign with the key of the domain that they know: what IEP signed would be changed by then. */
export function vendorCapabilities(
  own: Pick<Capabilities, 'takes' | 'maxBytes' | 'maxRecipients'> & { readonly idempotent?: boolean },
): Capabilities {
  return { idempotent: false, ...own, wantsDkim: false };
}

/** Throws the refusal `bad_config` where it is none, or would carry the secret and the mail unencrypted over a network. */
export function endpointOf(name: string, told: { readonly endpoint: string; readonly allowPlaintext: boolean }): URL {
  const { endpoint, allowPlaintext } = told;
  const url = URL.parse(endpoint);
  const isBare =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.href === `${url.origin}/` &&
    !/[?#]/.test(endpoint);
  if (!isBare) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has an endpoint that is not a scheme, a host and a port. Write it as https://api.example.com or http://127.0.0.1:8080.`,
    );
  }
  if (url.protocol === 'http:' && !allowPlaintext && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has an http: endpoint, which is for this host alone. Use https:, or set allowPlaintext.`,
    );
  }
  return url;
}
