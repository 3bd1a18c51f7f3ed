/**
 * A call of the API as data: its path, who may make it, what it takes, what it answers, and the function that does it.
 * The router, the checks and /openapi.json are all made from this one description, so that they cannot disagree.
 */

import * as z from 'zod';
import type { Person, Principal } from '../access/principal.ts';
import { parseBody } from '../core/check-input.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Caller } from '../manage/audit/caller.ts';
import type { AccessRule, Admitted } from './access-rule.ts';
import { readQuery, type UnknownFields } from './query.ts';
import type { Reply } from './reply.ts';
import type { ApiRequest } from './request.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What every handler gets. `Q` and `B` are the checked query and body. */
export interface Call<Q = unknown, B = unknown> {
  readonly requestId: string;
  readonly query: Q;
  readonly body: B;
  /** A part of the path; always there where the path has it. */
  param(name: string): string;
  header(name: string): string | undefined;
  /** Adds fields to the line that the log gets for this request. */
  note(fields: Readonly<Record<string, unknown>>): void;
  /** W3C trace context of this call, for what follows from it; undefined where it is not traced. */
  readonly traceparent: string | undefined;
  readonly request: ApiRequest;
  /** Aborts when the caller has left or was told that it took too long. */
  readonly gone: AbortSignal;
}

/** What a call about one tenant's things gets besides. */
export interface ForTenant {
  readonly principal: Principal;
  readonly tenant: Tenant;
}

/** What a call about the one who is signed in gets besides. */
export interface ForPerson {
  readonly person: Person;
}

/** What a call that changes something gets besides. */
export interface ForAction {
  readonly caller: Caller;
}

/** `tenant` absent: the operator means all of them. */
export interface ForTenantOrAll {
  readonly principal: Principal;
  readonly tenant: Tenant | undefined;
}

/**
 * The family of a call, which says how it is heard and how a no is said: calls of the API, what vendors post with a signature
 * in place of a key, pages that somebody opens in a browser without having signed in.
 */
export type DialectName = 'api' | 'hook' | 'page';

// The last: bytes of whatever type, as a `RawBody`.
export type BodyType = 'application/json' | 'application/yaml' | 'text/csv' | 'message/rfc822' | '*/*';

export interface RawBody {
  readonly bytes: Uint8Array;
  /** The value of their JSON, after which they are gone; undefined where they are not JSON. */
  json(): Promise<unknown>;
}

/** How a body is read, and what /openapi.json says of it. */
export interface BodySpec<B> {
  /** YAML may be JSON, and is read as such where it begins so. */
  readonly type: BodyType;
  /** Other types that mean the same here. */
  readonly takes?: RegExp;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** False: the call may be made without a body; then `read` gets undefined. */
  readonly required: boolean;
  /** The audit log keeps none of it: secrets that no name tells, or what somebody may ask to have erased. */
  readonly isPrivate?: boolean;
  /** From the parsed JSON, or the bytes of anything else. */
  read(input: unknown): B;
}

/** A JSON body that the schema checks. */
export function jsonBody<T extends z.ZodType>(schema: T, options: { required: boolean } = { required: true }) {
  return {
    type: 'application/json',
    schema,
    required: options.required,
    read: (input: unknown) => parseBody(schema, input ?? (options.required ? input : {})),
  } as const satisfies BodySpec<z.output<T>>;
}

/** What the call answers: a schema for JSON, a media type for anything else, neither for no content. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly type?: string;
}

/** By status. */
export type Answers = Readonly<Record<number, Answer>>;

export interface RouteDoc {
  readonly method: Method;
  /** As hono writes it: `/v1/messages/:id`. */
  readonly path: string;
  /** Another path of the same call, which is not documented. */
  readonly alias?: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: Omit<BodySpec<unknown>, 'read'>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: Answers;
}

interface Admission {
  readonly admitted: Admitted;
  /** There where the route is an action. */
  readonly caller?: Caller | undefined;
}

export interface Route extends RouteDoc {
  readonly dialect: DialectName;
  readonly access: AccessRule;
  /** What the call changes, as the audit log calls it: `tenant.set`. Absent where the audit log does not keep it. */
  readonly action?: string;
  run(call: Omit<Call, 'query' | 'body'> & Admission & { body: unknown; unknownFields: UnknownFields }): Promise<Reply>;
}

interface Spec<Q extends z.ZodObject, B, Beside> extends Omit<RouteDoc, 'query' | 'body'> {
  readonly query?: Q;
  readonly body?: BodySpec<B>;
  /** Of somebody who is signed in it wants a login that is not old. */
  readonly isDangerous?: boolean;
  /** Of a person, about themselves: also for who has yet to set up the second factor that is asked for. */
  readonly enrols?: boolean;
  handle(call: Call<z.output<Q>, B> & Beside): Promise<Reply> | Reply;
}

const noQuery = z.strictObject({});
type NoQuery = typeof noQuery;

export function publicRoute<Q extends z.ZodObject = NoQuery, B = undefined>(spec: Spec<Q, B, unknown>): Route {
  return build(spec, { kind: 'public' }, () => ({}));
}

/** What a vendor posts: the call looks at its proof. */
export function publicHook<Q extends z.ZodObject = NoQuery>(spec: Spec<Q, RawBody, unknown>): Route {
  return { ...publicRoute(spec), dialect: 'hook' };
}

/** What a browser opens. */
export function publicPage<Q extends z.ZodObject = NoQuery>(spec: Spec<Q, undefined, unknown>): Route {
  return { ...publicRoute(spec), dialect: 'page' };
}

/** What a page posts, or a mail client: a form. */
export function publicForm<Q extends z.ZodObject = NoQuery>(spec: Spec<Q, RawBody, unknown>): Route {
  return { ...publicRoute(spec), dialect: 'page' };
}

export function operatorRoute<Q extends z.ZodObject = NoQuery, B = undefined>(spec: Spec<Q, B, unknown>): Route {
  return build(spec, { kind: 'operator' }, () => ({}));
}

/** A call of a person who is signed in, about themselves. */
export function personRoute<Q extends z.ZodObject = NoQuery, B = undefined>(spec: Spec<Q, B, ForPerson>): Route {
  return build(spec, { kind: 'person' }, (admission) => forPerson(admission, spec.path));
}

/** One that changes something. */
export function personAction<Q extends z.ZodObject = NoQuery, B = undefined>(
  action: string,
  spec: Spec<Q, B, ForPerson & ForAction>,
): Route {
  const { path } = spec;
  const beside = (admission: Admission) => ({ ...forPerson(admission, path), ...forAction(admission, path) });
  return { ...build(spec, { kind: 'person' }, beside), action };
}

/** A call about one tenant's things. */
export function tenantRoute<Q extends z.ZodObject = NoQuery, B = undefined>(
  scopes: readonly Scope[],
  spec: Spec<Q, B, ForTenant>,
): Route {
  return build(spec, ofTenant(spec.path, scopes), (admission) => forTenant(admission, spec.path));
}

/** An operator's call that changes something. */
export function operatorAction<Q extends z.ZodObject = NoQuery, B = undefined>(
  action: string,
  spec: Spec<Q, B, ForAction>,
): Route {
  return { ...build(spec, { kind: 'operator' }, (admission) => forAction(admission, spec.path)), action };
}

/** A call that changes a tenant's things. Mail is not among them: each message has a history of its own. */
export function tenantAction<Q extends z.ZodObject = NoQuery, B = undefined>(
  action: string,
  spec: Spec<Q, B, ForTenant & ForAction>,
): Route {
  const { path } = spec;
  const beside = (admission: Admission) => ({ ...forTenant(admission, path), ...forAction(admission, path) });
  return { ...build(spec, ofTenant(path, ['admin']), beside), action };
}

/** The same where an operator may mean what belongs to no tenant. */
export function tenantOrAllAction<Q extends z.ZodObject = NoQuery, B = undefined>(
  action: string,
  spec: Spec<Q, B, ForTenantOrAll & ForAction>,
): Route {
  const beside = (admission: Admission) => ({
    ...forTenantOrAll(admission, spec.path),
    ...forAction(admission, spec.path),
  });
  return { ...build(spec, { kind: 'tenant-or-all', scopes: ['admin'] }, beside), action };
}

function ofTenant(path: string, scopes: readonly Scope[]): AccessRule {
  return { kind: 'tenant', scopes, about: aboutOf(path) };
}

function forTenant({ admitted: { principal, tenant } }: Admission, path: string): ForTenant {
  if (principal === undefined || tenant === undefined) throw new Error(`${path} was called without a tenant`);
  return { principal, tenant };
}

function forPerson({ admitted: { principal } }: Admission, path: string): ForPerson {
  if (principal === undefined || !('signedIn' in principal)) throw new Error(`${path} was called by nobody`);
  return { person: principal };
}

function forAction({ caller }: Admission, path: string): ForAction {
  if (caller === undefined) throw new Error(`${path} was called by nobody`);
  return { caller };
}

/** What the id in a path names, which has one tenant. */
function aboutOf(path: string): 'message' | 'notification' | 'webhook' | undefined {
  if (/^\/v1\/(?:inbox\/)?messages\/:id/.test(path)) return 'message';
  if (path.startsWith('/v1/notifications/:id')) return 'notification';
  return path.startsWith('/v1/webhooks/:id') ? 'webhook' : undefined;
}

/** A call about one tenant's things, or about everyone's where the operator asks. */
export function tenantOrAllRoute<Q extends z.ZodObject = NoQuery, B = undefined>(
  scopes: readonly Scope[],
  spec: Spec<Q, B, ForTenantOrAll>,
): Route {
  return build(spec, { kind: 'tenant-or-all', scopes }, (admission) => forTenantOrAll(admission, spec.path));
}

function forTenantOrAll({ admitted: { principal, tenant } }: Admission, path: string): ForTenantOrAll {
  if (principal === undefined) throw new Error(`${path} was called by nobody`);
  return { principal, tenant };
}

function narrowed(
  access: AccessRule,
  { isDangerous, enrols }: { isDangerous?: boolean | undefined; enrols?: boolean | undefined },
): AccessRule {
  if (access.kind === 'person') return { ...access, isDangerous, enrols };
  return access.kind === 'public' ? access : { ...access, isDangerous };
}

function build<Q extends z.ZodObject, B, Beside>(
  spec: Spec<Q, B, Beside>,
  access: AccessRule,
  besideOf: (admission: Admission) => Beside,
): Route {
  const { handle, isDangerous, enrols, ...doc } = spec;
  return {
    ...doc,
    dialect: 'api',
    access: narrowed(access, { isDangerous, enrols }),
    async run({ admitted, caller, body: given, unknownFields, ...call }) {
      const query = readQuery<z.ZodObject>(spec.query ?? noQuery, call.request.url, unknownFields) as z.output<Q>;
      // A route that describes no body takes none: then B is undefined, and so is this.
      const body = spec.body?.read(given) as B;
      return handle({ ...call, query, body, ...besideOf({ admitted, caller }) });
    },
  };
}
