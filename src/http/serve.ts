/**
 * The steps of every request, in this order: is the daemon staying, who calls, the body, the query, the call itself;
 * then one Response and one line in the log. It is plain code in one place and not a chain of middleware,
 * because it stands between a caller and every accepted message.
 */

import { TLSSocket } from 'node:tls';
import { sourceOf } from '../access/failed-logins.ts';
import type { Principal } from '../access/principal.ts';
import { actorOf, type HeardCall, heardOf, refusedCall } from '../api/audited.ts';
import type { Auth } from '../api/authorize.ts';
import { asRefusal, problemReply } from '../api/problem.ts';
import type { Reply } from '../api/reply.ts';
import type { ApiRequest } from '../api/request.ts';
import type { BodyType, RawBody, Route } from '../api/route.ts';
import type { Log } from '../base/observe/log.ts';
import type { Span, SpanStart, Trace } from '../base/observe/trace.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import type { Clock } from '../core/clock.ts';
import { IepError, refusals } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Audit } from '../manage/audit/audit.ts';
import { type BodyReader, letGo, type ReadBody } from './body.ts';
import type { Context } from './context.ts';
import { within } from './deadline.ts';
import { headerText } from './header-text.ts';
import { type JsonReading, parseJson } from './json.ts';
import type { LargeBodies } from './large-bodies.ts';
import { LARGE_BODY_BYTES, type LargeJson } from './large-json.ts';
import { patienceOf } from './patience.ts';
import type { SourceOf } from './source.ts';

/** The room that bodies have, in which callers take turns. */
interface BodyRoom {
  readonly bodies: BodyReader;
  readonly largeBodies: LargeBodies;
}

export interface ServeDeps extends BodyRoom {
  readonly auth: Auth;
  /** For calls that anybody may make: they take none of the room of those who have a key. */
  readonly strangers: BodyRoom;
  /** Absent where nobody else waits for this thread. */
  readonly largeJson?: LargeJson | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly trace: Trace | undefined;
  /** How long a call waits for the store. */
  readonly waitMs: number;
  readonly sourceOf: SourceOf;
  readonly audit: Audit;
  /** Who calls where no key is asked for. */
  readonly localActor?: (c: Context) => AuditActor;
}

export type Serve = (c: Context) => Promise<Response>;

/** The fields of a request's line in the log. */
type Line = Record<string, unknown>;

export function serveRoute(route: Route, deps: ServeDeps): Serve {
  const { clock } = deps;
  const isPublic = route.access.kind === 'public';
  const { bodies, largeBodies } = isPublic ? deps.strangers : deps;

  async function answer(
    c: Context,
    {
      requestId,
      line,
      heard,
      span,
    }: {
      requestId: string;
      line: Line;
      heard: HeardCall | undefined;
      span: Span | undefined;
    },
  ): Promise<Reply> {
    const request = requestOf(c, String(line.source));
    if (request.stopping?.aborted) throw new IepError('shutting_down', undefined, { retryAfterMs: 5_000 });
    const known = (principal: Principal) => {
      if (heard === undefined) return;
      const actor = actorOf(principal, deps.localActor?.(c));
      Object.assign(heard, {
        principal,
        caller: { actor, source: String(line.source), requestId, asked: heard.asked },
      });
    };
    const admitted = isPublic
      ? await deps.auth.authorize(request, route.access)
      : await within({ promise: deps.auth.authorize(request, route.access, known), clock, waitMs: deps.waitMs });
    if (heard !== undefined && admitted.tenant !== undefined) heard.tenant = admitted.tenant.slug;
    const owner = isPublic ? sourceOf(request.source) : ownerOf(admitted.principal);
    if (!isPublic) c.env?.guest?.member(owner);
    if (admitted.tenant !== undefined) line.tenant = admitted.tenant.slug;
    Object.assign(line, admitted.principal && callerLine(admitted.principal));
    const read = route.body && (await readBody(c, route.body, { bodies, owner }));
    const run = async () => {
      const body = route.body && read && (await bodyOf(read.bytes, route.body));
      if (heard !== undefined && body !== undefined) heard.asked.body = body;
      return route.run({
        requestId,
        admitted,
        caller: heard?.caller,
        body,
        param: (name) => request.param(name) ?? '',
        header: request.header,
        note: (fields) => Object.assign(line, fields),
        traceparent: span?.traceparent,
        request,
        gone: patience.gone,
      });
    };
    const patience = patienceOf(c);
    const until = clock.monotonic() + deps.waitMs;
    const isWanted = () => clock.monotonic() < until && c.env?.incoming?.socket.destroyed !== true;
    const running = read === undefined ? run() : largeBodies.pass(read, { owner, isWanted }, run);
    return within({ promise: running, clock, waitMs: deps.waitMs, giveUp: patience.end });
  }

  /** What came to its action is in the audit log by now, or will be when it ends. */
  async function keepRefusal(line: Line, heard: HeardCall, reply: Reply): Promise<Reply> {
    const { caller } = heard;
    if (caller === undefined || deps.audit.hasActed(caller)) return reply;
    try {
      const entry = refusedCall({ ...heard, caller }, typeof line.code === 'string' ? line.code : 'done');
      await within({ promise: deps.audit.record(entry), clock, waitMs: deps.waitMs });
      return reply;
    } catch (error) {
      return failed(error, String(line.requestId), line);
    }
  }

  function bodyOf(bytes: Uint8Array, { type }: NonNullable<Route['body']>): unknown {
    if (type === 'application/json') return jsonOf(bytes);
    const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return type === '*/*' ? ({ bytes: own, json: () => jsonIn(bytes) } satisfies RawBody) : own;
  }

  function jsonOf(bytes: Uint8Array, reading?: JsonReading): unknown {
    if (bytes.length >= LARGE_BODY_BYTES && deps.largeJson) return deps.largeJson.read(bytes, reading);
    const value = parseJson(bytes, reading);
    letGo(bytes);
    return value;
  }

  async function jsonIn(bytes: Uint8Array): Promise<unknown> {
    try {
      // Vendors have ids that are numbers of 64 bits.
      return await jsonOf(bytes, { keepsDigits: true });
    } catch (error) {
      if (error instanceof IepError && error.code === 'invalid_request') return undefined;
      throw error;
    }
  }

  return async (c) => {
    const startedAt = clock.monotonic();
    const requestId = deps.newId();
    const line: Line = { requestId, method: route.method, route: route.path, source: deps.sourceOf(c) };
    const { action } = route;
    const heard = action === undefined ? undefined : heardOf({ action, params: c.req.param(), query: c.req.query() });
    const span = isPublic ? undefined : deps.trace?.start(spanOf(route, c));
    let reply: Reply;
    try {
      reply = await answer(c, { requestId, line, heard, span });
    } catch (error) {
      reply = failed(error, requestId, line);
    }
    if (heard !== undefined) reply = await keepRefusal(line, heard, reply);
    line.status = reply.status;
    line.durationMs = Math.round((clock.monotonic() - startedAt) * 1000) / 1000;
    span?.end({ 'http.response.status_code': reply.status }, reply.status >= 500 ? String(line.code) : undefined);
    if (line.error !== undefined) deps.log.error(line, 'request failed');
    else if (isPublic && reply.status < 400) deps.log.debug(line, 'request');
    else deps.log.info(line, 'request');
    const response = toResponse(reply, requestId);
    // The router leaves out the body of a HEAD, and would not close what it reads from.
    if (c.req.method === 'HEAD' && reply.body instanceof ReadableStream) await reply.body.cancel();
    return response;
  };
}

function requestOf(c: Context, source: string): ApiRequest {
  const { outgoing, stopping } = c.env ?? {};
  return {
    method: c.req.method,
    url: c.req.url,
    secure: isSecure(c),
    source,
    header: (name) => headerText(c.req.header(name)),
    param: (name) => c.req.param(name),
    stopping,
    disconnect: outgoing && (() => outgoing.destroy()),
  };
}

/** Whose share of the door, and of what large bodies take, the call counts against. */
function ownerOf(principal: Principal | undefined): string {
  if (principal?.kind === 'tenant') return principal.tenant.id;
  return principal?.kind === 'person' ? principal.signedIn.user.id : 'operator';
}

/** Who called, as the log has it. */
function callerLine(principal: Principal): Line {
  if ('signedIn' in principal) return { userId: principal.signedIn.user.id };
  return principal.keyId === undefined ? {} : { keyId: principal.keyId };
}

/** Another end of TLS, such as a proxy's, is told by `http.publicUrl`. */
function isSecure(c: Context): boolean {
  return c.env?.incoming?.socket instanceof TLSSocket;
}

function spanOf(route: Route, c: Context): SpanStart {
  return {
    name: `${route.method} ${route.path}`,
    kind: 'server',
    parent: c.req.header('traceparent'),
    facts: { 'http.request.method': route.method, 'http.route': route.path },
  };
}

/** The problem to answer with. Its line in the log is the only place where a fault's cause is told. */
export function failed(error: unknown, requestId: string, line: Record<string, unknown>): Reply {
  const refusal = asRefusal(error);
  line.code = refusal.code;
  if (refusal.code === 'internal') line.error = refusal.cause ?? refusal;
  else if (refusals[refusal.code].status >= 500 && refusal.cause !== undefined) line.error = refusal.cause;
  return problemReply(refusal, requestId);
}

export function toResponse(reply: Reply, requestId: string): Response {
  // A plain object of headers is what the adapter writes out without making Headers of it.
  const headers: Record<string, string> = { 'x-request-id': requestId, 'cache-control': 'no-store', ...reply.headers };
  if (reply.body !== null) {
    headers['content-type'] = reply.type;
    headers['x-content-type-options'] = 'nosniff';
  }
  return new Response(reply.body, { status: reply.status, headers });
}

/** Undefined where there is none and none is needed. */
async function readBody(
  c: Context,
  spec: NonNullable<Route['body']>,
  { bodies, owner }: { bodies: BodyReader; owner: string },
): Promise<ReadBody | undefined> {
  const type = c.req.header('content-type');
  if (type !== undefined || spec.required) checkType(c, spec.type, type);
  const read = await bodies.read(c, owner);
  const isWelcome = (type !== undefined || spec.type === '*/*') && (read.bytes.length > 0 || spec.required);
  if (isWelcome) return read;
  read.held.giveBack();
  if (read.bytes.length === 0 && !spec.required) return undefined;
  throw unsupported(spec.type, 'The body has no content-type');
}

const FILE_TYPES =
  /^(?:text\/(?:csv|plain|tab-separated-values)|application\/(?:json|x-ndjson|octet-stream))\s*(?:;|$)/i;

function checkType(c: Context, wanted: BodyType, given: string | undefined): void {
  const encoding = c.req.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw unsupported(wanted, `The body has the content-encoding ${encoding}`);
  }
  // A file may be of any type and encoding: what it holds is looked at.
  if (wanted === '*/*' || given === wanted || (wanted === 'text/csv' && FILE_TYPES.test(given ?? ''))) return;
  const [type = '', ...parameters] = (given ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset=(["']?)utf-?8\1$/.test(charset);
  if (type.trim() !== wanted || !isUtf8) {
    throw unsupported(wanted, given === undefined ? 'The body has no content-type' : `The body is ${given}`);
  }
}

function unsupported(wanted: BodyType, detail: string): IepError {
  return new IepError('unsupported_media_type', `${detail}; this call takes ${wanted}`, {
    extra: { hint: `Send \`content-type: ${wanted}\`, not compressed; text is UTF-8.` },
  });
}
