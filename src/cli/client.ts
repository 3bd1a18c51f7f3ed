/**
 * The client of every command: one set of calls, two transports. With a URL it talks HTTP to a daemon; without one it
 * calls the same routes in this process over the local store, as the operator.
 */

import { errorText } from '../core/error-text.ts';
import { IepError } from '../core/errors.ts';
import { readTraceparent } from '../core/traceparent.ts';
import type { Local } from '../daemon/local.ts';
import type { Globals } from './globals.ts';
import { hostName } from './local-sender.ts';
import { readProblem } from './problem.ts';
import { findPlace } from './remote.ts';
import type { Shell } from './shell.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with its media type. */
  readonly body?: { readonly type: string; readonly content: string | Uint8Array<ArrayBuffer> };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  /** The open local store, where there is one. */
  readonly local: Local | undefined;
  /** Domain of addresses that have none: the configured host name, else the host's. */
  readonly mailDomain: string;
  /** W3C trace context that the caller gave in TRACEPARENT, for what is sent. */
  readonly traceparent: string | undefined;
  /** Resolves to an answer of 2xx; anything else rejects with the refusal that the problem document names. */
  call(method: Method, path: string, call?: Call): Promise<Response>;
  /** The same, with the answer's JSON. */
  json<T>(method: Method, path: string, call?: Call): Promise<T>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly shell: Shell;
  readonly globals: Globals;
  /** Makes a local store where there is none: for the commands that may come first. Others say that there is none. */
  readonly make?: true;
  /** For one message: makes the store too, and leaves nothing in it that is not its owner's. */
  readonly asOwner?: true;
}

/** Opens a client, hands it to `use`, and closes it whatever happens. */
export async function withClient<T>(options: ClientOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await openClient(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

export async function openClient({ shell, globals, make, asOwner }: ClientOptions): Promise<Client> {
  const place = await findPlace(shell, globals);
  const traceparent = readTraceparent(shell.env.TRACEPARENT) && shell.env.TRACEPARENT;
  if (place.kind === 'remote') {
    const { url, apiKey, tenant } = place;
    return clientOver({
      send: httpTransport(url),
      headers: { ...actingFor(tenant), ...(apiKey && { 'x-api-key': apiKey }), ...(traceparent && { traceparent }) },
      traceparent,
    });
  }
  const { openExistingStore, openOrMakeStore, openStoreAsOwner } = await import('./local-store.ts');
  const open = asOwner ? openStoreAsOwner : make ? openOrMakeStore : openExistingStore;
  const local = await open(shell, place.loaded);
  return clientOver({
    send: async (path, init) => (await local.app()).request(path, init),
    headers: actingFor(globals.tenant),
    local,
    traceparent,
  });
}

function actingFor(tenant: string | undefined): Record<string, string> {
  return tenant === undefined ? {} : { 'x-iep-tenant': tenant };
}

type Send = (path: string, init: RequestInit) => Promise<Response>;

function clientOver(transport: {
  send: Send;
  headers: Readonly<Record<string, string>>;
  local?: Local;
  traceparent: string | undefined;
}): Client {
  const call: Client['call'] = async (method, path, { query, json, body, headers, signal } = {}) => {
    const type = json === undefined ? body?.type : 'application/json';
    const content = json === undefined ? body?.content : JSON.stringify(json);
    const response = await transport.send(path + queryString(query), {
      method,
      headers: { ...transport.headers, ...(type === undefined ? {} : { 'content-type': type }), ...headers },
      ...(content === undefined ? {} : { body: content }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await readProblem(response);
    return response;
  };
  return {
    local: transport.local,
    traceparent: transport.traceparent,
    mailDomain: transport.local?.config.smtp.hostname ?? hostName(),
    call,
    json: async <T>(method: Method, path: string, options?: Call) =>
      (await (await call(method, path, options)).json()) as T,
    close: async () => transport.local?.close(),
  };
}

function queryString(query: Call['query']): string {
  const given = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function httpTransport(url: string): Send {
  const base = url.replace(/\/+$/, '');
  if (!/^https?:\/\/./.test(base)) {
    throw new IepError('unreachable', `${url} is not a URL such as http://127.0.0.1:3000`);
  }
  return async (path, init) => {
    try {
      return await fetch(base + path, { ...init, redirect: 'error' });
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new IepError('unreachable', `${base} (${rootCause(error)})`, { cause: error });
    }
  };
}

/** `fetch failed` says nothing; its cause says `connect ECONNREFUSED 127.0.0.1:3000`. */
function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof AggregateError) return rootCause(cause.errors[0]);
  return errorText(cause);
}
