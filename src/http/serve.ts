/**
 * The steps of every request, in this order: is the daemon staying, who calls, the body, the query, the call itself;
 * then one Response and one line in the log. What differs between families of calls the dialect says (`dialect.ts`). It is
 * plain code in one place and not a chain of middleware, because it stands between a caller and every accepted message.
 */

import { TLSSocket } from 'node:tls';
import { sourceOf } from '../access/failed-logins.ts';
import type { Principal } from '../access/principal.ts';
import { actorOf, type HeardCall, heardOf, refusedCall } from '../api/audited.ts';
import { asRefusal } from '../api/problem.ts';
import type { Reply } from '../api/reply.ts';
import type { ApiRequest } from '../api/request.ts';
import type { Route } from '../api/route.ts';
import type { Log } from '../base/observe/log.ts';
import type { Span, SpanStart, Trace } from '../base/observe/trace.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import type { Clock } from '../core/clock.ts';
import { IepError, refusals } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Audit } from '../manage/audit/audit.ts';
import { ALWAYS, typed } from './always.ts';
import type { BodyReader } from './body.ts';
import type { Context } from './context.ts';
import { within } from './deadline.ts';
import type { Dialects } from './dialect.ts';
import { headerText } from './header-text.ts';
import type { LargeBodies } from './large-bodies.ts';
import { patienceOf } from './patience.ts';
import type { SourceOf } from './source.ts';

/** The room that bodies have, in which callers take turns. */
interface BodyRoom {
  readonly reader: BodyReader;
  readonly largeBodies: LargeBodies;
}

export interface ServeDeps {
  readonly dialects: Dialects;
  /** Of callers who showed who they are. */
  readonly room: BodyRoom;
  /** Of anybody else: they take none of the room of those who have a key. */
  readonly strangers: BodyRoom;
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
  const dialect = deps.dialects[route.dialect];
  const isPublic = route.access.kind === 'public';

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
    const asking = dialect.credential(request, route.access, known);
    const admitted = await within({ promise: asking, clock, waitMs: deps.waitMs });
    const { principal, tenant } = admitted;
    if (heard !== undefined && tenant !== undefined) heard.tenant = tenant.slug;
    const owner = principal === undefined ? sourceOf(request.source) : ownerOf(principal);
    const { reader, largeBodies } = principal === undefined ? deps.strangers : deps.room;
    if (principal !== undefined) c.env?.guest?.member(owner);
    if (tenant !== undefined) line.tenant = tenant.slug;
    Object.assign(line, principal && callerLine(principal));
    const maxBytes = principal === undefined ? dialect.strangersBytes : undefined;
    const read = route.body && (await dialect.bodies.read(c, route.body, { reader, owner, maxBytes }));
    const run = async () => {
      const body = route.body && read && (await dialect.bodies.value(read.bytes, route.body));
      if (heard !== undefined && body !== undefined && route.body?.isPrivate !== true) heard.asked.body = body;
      return route.run({
        requestId,
        admitted,
        caller: heard?.caller,
        body,
        unknownFields: dialect.unknownFields,
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
  async function keepRefusal(
    reply: Reply,
    { line, heard, refused }: { line: Line; heard: HeardCall; refused: (error: unknown) => Reply },
  ): Promise<Reply> {
    const { caller } = heard;
    if (caller === undefined || deps.audit.hasActed(caller)) return reply;
    const code = typeof line.code === 'string' ? line.code : undefined;
    try {
      const entry = refusedCall({ ...heard, caller }, code ?? 'done');
      await within({ promise: deps.audit.record(entry), clock, waitMs: deps.waitMs });
      return reply;
    } catch (error) {
      // What was refused stays refused, in its own words.
      return code === undefined ? refused(error) : reply;
    }
  }

  return async (c) => {
    const startedAt = clock.monotonic();
    const requestId = deps.newId();
    const line: Line = { requestId, method: route.method, route: route.path, source: deps.sourceOf(c) };
    const { action } = route;
    const heard = action === undefined ? undefined : heardOf({ action, params: c.req.param(), query: c.req.query() });
    const span = isPublic ? undefined : deps.trace?.start(spanOf(route, c));
    const refused = (error: unknown) =>
      dialect.problem(noteRefusal(error, line), { requestId, accept: c.req.header('accept') });
    let reply = await answer(c, { requestId, line, heard, span }).catch(refused);
    if (heard !== undefined) reply = await keepRefusal(reply, { line, heard, refused });
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
function ownerOf(principal: Principal): string {
  if (principal.kind === 'tenant') return principal.tenant.id;
  return principal.kind === 'person' ? principal.signedIn.user.id : 'operator';
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

/** The refusal to answer with. Its line in the log is the only place where a fault's cause is told. */
export function noteRefusal(error: unknown, line: Record<string, unknown>): IepError {
  const refusal = asRefusal(error);
  line.code = refusal.code;
  if (refusal.code === 'internal') line.error = refusal.cause ?? refusal;
  else if (refusals[refusal.code].status >= 500 && refusal.cause !== undefined) line.error = refusal.cause;
  return refusal;
}

export function toResponse(reply: Reply, requestId: string): Response {
  // A plain object of headers is what the adapter writes out without making Headers of it.
  const headers: Record<string, string> = { 'x-request-id': requestId, ...ALWAYS, ...reply.headers };
  if (reply.body !== null) Object.assign(headers, typed(reply.type));
  return new Response(reply.body, { status: reply.status, headers });
}
