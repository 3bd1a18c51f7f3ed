/**
 * The client of every command: one set of calls, and what carries them: HTTP to a daemon that was named, the socket of the
 * daemon of this machine, or the same routes in this process over the local store, as the operator.
 */

import type { Method } from '../../api/route.ts';
import type { WorkingDirectory } from '../../config/find-file.ts';
import type { SocketName } from '../../config/socket-paths.ts';
import { readTraceparent } from '../../core/traceparent.ts';
import type { Local } from '../../daemon/local.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { remark } from '../output.ts';
import { callingUser, hostName } from '../send/local-sender.ts';
import type { Shell } from '../shell.ts';
import type { Purpose } from './enter-data-dir.ts';
import type { MeantDaemon } from './find-daemon.ts';
import type { Outgoing, Transport } from './http-transport.ts';
import { readProblem } from './problem.ts';
import { findTarget } from './remote.ts';
import { type ApiResponse, isSuccess, responseOf, textOf } from './response.ts';

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with its media type. */
  readonly body?: { readonly type: string; readonly content: string | Uint8Array<ArrayBuffer> };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  /** `store`: the local one, in this process. `daemon`: of this machine. `submit`: the same, which takes mail and no more. */
  readonly kind: 'remote' | 'daemon' | 'submit' | 'store';
  /** The open local store, where there is one. */
  readonly local: Local | undefined;
  /** Slug or id of the tenant that calls are about, where one is named. */
  readonly tenant: string | undefined;
  /** Domain of addresses that have none: the configured host name, else the host's. */
  readonly mailDomain: string;
  /** W3C trace context that the caller gave in TRACEPARENT, for what is sent. */
  readonly traceparent: string | undefined;
  /** Resolves to an answer of 2xx; anything else rejects with the refusal that the problem document names. */
  call(method: Method, path: string, call?: CallOptions): Promise<ApiResponse>;
  /** The same, with the answer's JSON. */
  json<T>(method: Method, path: string, call?: CallOptions): Promise<T>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly shell: Shell;
  readonly globals: Globals;
  /** `read` where it is left out: then a local store that is not there is not made. */
  readonly purpose?: Purpose;
  /** Whether the working directory may say what is meant. */
  readonly workingDirectory?: WorkingDirectory;
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

export async function openClient(options: ClientOptions): Promise<Client> {
  const { shell, globals, purpose = 'read', workingDirectory } = options;
  const target = await findTarget(shell, globals, { purpose, workingDirectory });
  const traceparent = readTraceparent(shell.env.TRACEPARENT) ? shell.env.TRACEPARENT : undefined;
  const { tenant } = target;
  if (target.kind === 'remote') {
    const { createUrlTransport } = await import('./http-transport.ts');
    const transport = await createUrlTransport(target.url);
    return clientOver(transport, { kind: 'remote', apiKey: target.apiKey, tenant, traceparent });
  }
  if (target.kind === 'unreadable') {
    if (purpose === 'submit') {
      return clientOver(await socketOf('submit', undefined, target.why), { kind: 'submit', tenant, traceparent });
    }
    return clientOver(await socketOf('control', undefined, target.why), { kind: 'daemon', tenant, traceparent });
  }
  const { loaded } = target;
  const mailDomain = loaded.config.smtp.hostname;
  const over = { tenant, mailDomain, traceparent };
  if (loaded.passedOver !== undefined) remark(shell, `iep: ${loaded.passedOver}; it is passed over`);
  const { enterDataDir, isNowhere } = await import('./enter-data-dir.ts');
  const { findDaemon, meantBy } = await import('./find-daemon.ts');
  // Where nothing names a store and none is here, the daemon of the machine is meant.
  const nowhere = isNowhere(shell, loaded);
  const meant = nowhere ? undefined : meantBy(shell, loaded);
  const enter = () => enterDataDir(shell, loaded, { purpose, workingDirectory });
  try {
    if (!nowhere) enter();
    const daemon = await findDaemon('control', meant);
    if (daemon !== undefined) return clientOver(daemon, { ...over, kind: 'daemon' });
    if (nowhere) enter();
  } catch (error) {
    if (purpose !== 'submit' || !(error instanceof Complaint)) throw error;
    // Its tenant is the daemon's to say.
    const named = globals.tenant ?? (shell.env.IEP_TENANT || undefined);
    return clientOver(await socketOf('submit', meant, error), { ...over, kind: 'submit', tenant: named });
  }
  const { openEntered } = await import('./local-store.ts');
  const local = await openEntered(shell, loaded, { purpose });
  const transport: Transport = {
    send: async (path, outgoing) => responseOf(await (await local.app()).request(path, requestOf(outgoing))),
    close: () => undefined,
  };
  return clientOver(transport, { ...over, kind: 'store', local });
}

/** For who cannot use the store: refuses with `why` where no daemon answers here. */
async function socketOf(name: SocketName, meant: MeantDaemon | undefined, why: unknown): Promise<Transport> {
  const { findDaemon } = await import('./find-daemon.ts');
  const daemon = await findDaemon(name, meant);
  if (daemon === undefined) throw why;
  return daemon;
}

function requestOf({ method, headers, body, signal }: Outgoing): RequestInit {
  return {
    ...{ method, headers: { ...headers } },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    ...(signal && { signal }),
  };
}

function clientOver(
  transport: Transport,
  over: Pick<Client, 'kind' | 'tenant' | 'traceparent'> & {
    readonly apiKey?: string | undefined;
    readonly mailDomain?: string | undefined;
    readonly local?: Local;
  },
): Client {
  const { kind, tenant, traceparent, local } = over;
  const always = {
    ...(over.apiKey && { 'x-api-key': over.apiKey }),
    ...(tenant !== undefined && { 'x-iep-tenant': tenant }),
    ...(kind !== 'store' && traceparent !== undefined && { traceparent }),
    ...(kind === 'daemon' && { 'x-iep-user': callingUser() }),
  };
  const call: Client['call'] = async (method, path, { query, json, body, headers, signal } = {}) => {
    const type = json === undefined ? body?.type : 'application/json';
    const content = json === undefined ? body?.content : JSON.stringify(json);
    const answer = await transport.send(path + queryString(query), {
      method,
      headers: { ...always, ...(type !== undefined && { 'content-type': type }), ...headers },
      ...(content !== undefined && { body: content }),
      ...(signal !== undefined && { signal }),
    });
    if (!isSuccess(answer)) throw await readProblem(answer);
    return answer;
  };
  return {
    ...{ kind, local, tenant, traceparent, call },
    mailDomain: over.mailDomain ?? hostName(),
    json: async <T>(method: Method, path: string, options?: CallOptions) =>
      JSON.parse(await textOf(await call(method, path, options))) as T,
    async close() {
      transport.close();
      await local?.close();
    },
  };
}

function queryString(query: CallOptions['query']): string {
  const given = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
