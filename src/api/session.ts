/** Signing in and out, for people. A session is a cookie that no script can read; what writes also needs `x-iep-csrf`. */

import * as z from 'zod';
import type { Person } from '../access/principal.ts';
import { mayOperate } from '../access/roles.ts';
import { csrfOf } from '../access/sessions.ts';
import { IepError } from '../core/errors.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { endOf } from '../core/session-life.ts';
import type { SignedInBy, Visitor } from '../manage/sign-in.ts';
import { findUser } from '../manage/users.ts';
import type { AppDeps } from './deps.ts';
import { currentSessionShape, linkUseShape, membershipsView, sessionShape, sessionView } from './people-views.ts';
import { json, noContent, type Reply } from './reply.ts';
import type { ApiRequest } from './request.ts';
import { type Call, jsonBody, personAction, personRoute, publicRoute, type Route } from './route.ts';
import { endedCookie, sessionCookie, sessionToken } from './session-cookie.ts';
import { listOf } from './shapes.ts';

const password = z.string().max(1_024);
const token = z.string().max(200);

const login = z.strictObject({ email: z.string().max(320), password });
const factor = z.strictObject({ password });
const linkGiven = z.strictObject({ token: token.describe('What stands behind # in the link') });
const linkUse = linkGiven.extend({
  email: z.string().max(320).optional().describe('Of the first owner, whose link names nobody'),
  password: password.optional().describe('At least 12 characters; not needed where the link only signs in'),
});

export function sessionRoutes(deps: AppDeps): readonly Route[] {
  const { store, directory, manage, ownOrigin } = deps;

  /** A page elsewhere must not sign a reader in as somebody else. */
  function requireNoForeignPage(request: ApiRequest): void {
    const origin = request.header('origin');
    const own = ownOrigin(request).origin;
    if (origin !== undefined && origin !== own) {
      throw new IepError('foreign_page', `The header Origin is ${origin}, and not ${own}`);
    }
  }

  /** The cookie of a session that was there before is worth nothing any more. */
  async function begin(call: Call, signIn: (visitor: Visitor) => Promise<SignedInBy>): Promise<Reply> {
    const { request } = call;
    requireNoForeignPage(request);
    const { isSecure } = ownOrigin(request);
    const before = sessionToken(request, isSecure);
    const { token, user } = await signIn(visitorOf(call));
    if (before !== undefined) await manage.signIn.end(visitorOf(call), before);
    call.note({ userId: user.id });
    return { ...noContent(), headers: { 'set-cookie': sessionCookie(token, isSecure) } };
  }

  async function currentView({ signedIn: { session, user } }: Person, request: ApiRequest) {
    return {
      user: {
        email: user.email,
        roles: user.role === undefined ? [] : [user.role],
        tenants: await membershipsView(user, directory),
      },
      csrf: csrfOf(sessionToken(request, ownOrigin(request).isSecure) ?? ''),
      id: session.id,
      endsAt: rfc3339(endOf(session)),
      factorAt: session.factorAt === undefined ? null : rfc3339(session.factorAt),
    };
  }

  return [
    publicRoute({
      method: 'POST',
      path: '/v1/session',
      summary: 'Sign in with a password',
      body: jsonBody(login),
      answers: { 204: { description: 'Signed in; the cookie `iep_session` is set' } },
      handle: (call) => begin(call, (visitor) => manage.signIn.byPassword(visitor, call.body)),
    }),
    personRoute({
      method: 'GET',
      path: '/v1/session',
      summary: 'Who is signed in',
      answers: { 200: { description: 'The person, and what writing calls need', schema: currentSessionShape } },
      handle: async ({ person, request }) => json(await currentView(person, request)),
    }),
    personRoute({
      method: 'DELETE',
      path: '/v1/session',
      summary: 'Sign out',
      answers: { 204: { description: 'The session has ended' } },
      async handle(call) {
        const { isSecure } = ownOrigin(call.request);
        await manage.signIn.end(visitorOf(call), sessionToken(call.request, isSecure) ?? '');
        return { ...noContent(), headers: { 'set-cookie': endedCookie(isSecure) } };
      },
    }),
    personRoute({
      method: 'POST',
      path: '/v1/session/factor',
      summary: 'Show once more who one is, before something dangerous',
      body: jsonBody(factor),
      answers: { 204: { description: 'The cookie is another, and so is `csrf`' } },
      async handle(call) {
        const token = await manage.signIn.again(visitorOf(call), call.person.signedIn, call.body);
        return { ...noContent(), headers: { 'set-cookie': sessionCookie(token, ownOrigin(call.request).isSecure) } };
      },
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/link',
      summary: 'Use a link up: set the password, and sign in',
      body: jsonBody(linkUse),
      answers: { 204: { description: 'Signed in; the cookie `iep_session` is set' } },
      handle: (call) => begin(call, (visitor) => manage.signIn.byLink(visitor, call.body)),
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/link/check',
      summary: 'What a link is for; it stays good',
      body: jsonBody(linkGiven),
      answers: { 200: { description: 'Its kind, and whose it is', schema: linkUseShape } },
      async handle({ body }) {
        const { kind, email } = await manage.signIn.link(body.token);
        return json({ kind, email: email ?? null });
      },
    }),
    personRoute({
      method: 'GET',
      path: '/v1/sessions',
      summary: 'Where somebody is signed in; its own sessions unless an owner or operator names another person',
      query: z.strictObject({ user: z.string().max(320).optional().describe('Id or e-mail address') }),
      answers: { 200: { description: 'The sessions, newest first', schema: listOf(sessionShape) } },
      async handle({ person: { signedIn }, query }) {
        const isOwn = query.user === undefined || query.user === signedIn.user.email;
        if (!isOwn && !mayOperate(signedIn.user)) throw new IepError('forbidden', 'Those are not your sessions');
        const user = query.user === undefined ? signedIn.user : await findUser(store, query.user);
        const rows = await store.people.sessions({ userId: user.id, now: deps.clock.now() });
        return json({ items: rows.map((row) => sessionView(row, user.email, signedIn.session.id)) });
      },
    }),
    personAction('session.end', {
      method: 'DELETE',
      path: '/v1/sessions/:id',
      summary: 'End a session: one’s own, or that of anybody by an owner or operator',
      answers: { 204: { description: 'It has ended' } },
      async handle({ person: { signedIn }, caller, param }) {
        const { user } = signedIn;
        const own = mayOperate(user) ? {} : { userId: user.id };
        await manage.signIn.endOther(caller, { sessionId: param('id'), ...own });
        return noContent();
      },
    }),
  ];
}

function visitorOf({ request, requestId }: Pick<Call, 'request' | 'requestId'>): Visitor {
  return { source: request.source, requestId, agent: request.header('user-agent') };
}
