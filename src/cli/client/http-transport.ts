/** Calls over HTTP: to a URL, or to the socket of a daemon on this machine. */

import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request } from 'node:http';
import { reasonOf } from '../../base/net/reason.ts';
import { IepError } from '../../core/errors.ts';
import type { ApiResponse } from './response.ts';

export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface Transport {
  /** Rejects with `unreachable` where no answer comes. */
  send(path: string, outgoing: Outgoing): Promise<ApiResponse>;
  close(): void;
}

/** Of a socket no name is asked for TLS. Node would work one out, with an expression that takes 5 ms to compile. */
const NAMELESS: RequestOptions & { readonly servername: string } = { servername: '' };

/** Silence for longer than this means that no answer will come; an event stream speaks more often. */
const SILENCE_MS = 300_000;

export async function createUrlTransport(url: string): Promise<Transport> {
  const base = url.replace(/(?<!\/)\/+$/, '');
  if (!/^https?:\/\/./.test(base) || !URL.canParse(base)) {
    throw new IepError('unreachable', `${url} is not a URL such as http://127.0.0.1:3000`);
  }
  const isSecure = base.startsWith('https:');
  const https = isSecure ? await import('node:https') : undefined;
  const agent = https ? new https.Agent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const call = https?.request ?? request;
  return {
    send: (path, outgoing) => exchange(base, outgoing, (options) => call(base + path, { ...options, agent })),
    close: () => agent.destroy(),
  };
}

export function createSocketTransport(socketPath: string): Transport {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (path, outgoing) =>
      exchange(socketPath, outgoing, (options) => request({ ...options, ...NAMELESS, socketPath, path, agent })),
    close: () => agent.destroy(),
  };
}

function exchange(
  address: string,
  { method, headers, body, signal }: Outgoing,
  begin: (options: RequestOptions) => ClientRequest,
): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = begin({ method, headers: { ...headers, ...length }, ...(signal && { signal }) });
    sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('it does not answer')));
    sent.on('response', (incoming) => {
      const { statusCode = 0 } = incoming;
      if (statusCode < 300 || statusCode >= 400) return resolve(answerOf(incoming));
      sent.destroy(new Error(`it points to ${incoming.headers.location ?? 'another address'}`));
    });
    sent.on('error', (error) => {
      if (signal?.aborted === true) reject(error);
      else reject(new IepError('unreachable', `${address} (${reasonOf(error)})`, { cause: error, ...hintOf(error) }));
    });
    sent.end(body);
  });
}

function answerOf(incoming: IncomingMessage): ApiResponse {
  return {
    status: incoming.statusCode ?? 0,
    header(name) {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: incoming,
    cancel: () => void incoming.destroy(),
  };
}

/** Something answered, but not in the way that was expected of a daemon: the URL is to be looked at first. */
function hintOf({ code = '', message }: Error & { readonly code?: string }): { extra?: { hint: string } } {
  if (/CERT|UNABLE_TO|HOSTNAME/.test(code)) {
    return { extra: { hint: 'Name a host of the certificate; for a private authority set NODE_EXTRA_CA_CERTS.' } };
  }
  if (!/^(HPE_|EPROTO|ERR_SSL)/.test(code) && message !== 'socket hang up') return {};
  return { extra: { hint: 'Check the URL: http:// or https://, host and port as `iep serve` has them.' } };
}
