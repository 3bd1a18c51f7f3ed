/** Signing in and out, for people. A session is a cookie that no script can read; what writes also needs `x-iep-csrf`. */

import * as z from 'zod';
import { hasShownSecondFactor } from '../access/factors.ts';
import type { Person } from '../access/principal.ts';
import { mayOperate } from '../access/roles.ts';
import { csrfOf } from '../access/sessions.ts';
import { IepError } from '../core/errors.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { endOf } from '../core/session-life.ts';
import { findUser } from '../manage/users.ts';
import { createBegin, visitorOf } from './begin-session.ts';
import type { AppDeps } from './deps.ts';
import { credentialShape, passkeyOptionsShape } from './factor-views.ts';
import { loginOf, loginReturn } from './login-return.ts';
import {
  currentSessionShape,
  linkUseShape,
  membershipsView,
  noFactors,
  sessionShape,
  sessionView,
} from './people-views.ts';
import { json, noContent } from './reply.ts';
import type { ApiRequest } from './request.ts';
import { jsonBody, personAction, personRoute, publicRoute, type Route } from './route.ts';
import { endedCookie, sessionCookie, sessionToken } from './session-cookie.ts';
import { listOf } from './shapes.ts';

const password = z.string().max(1_024);
const token = z.string().max(200);

const totp = z.string().max(40).describe('A code of the second factor, or a recovery code');
const login = z.strictObject({ email: z.string().max(320), password, totp: totp.optional() });
const shown = z.strictObject({ credential: credentialShape });
const factor = z
  .strictObject({
    ...{ password: password.optional(), totp: totp.optional(), credential: credentialShape.optional() },
    login: loginReturn.extend({ provider: z.string().max(64).describe('Name of the login provider') }).optional(),
  })
  .refine((given) => Object.values(given).filter((one) => one !== undefined).length === 1, 'Expected one of them');
const linkGiven = z.strictObject({ token: token.describe('What stands behind # in the link') });
const linkUse = linkGiven.extend({
  email: z.string().max(320).optional().describe('Of the first owner, whose link names nobody'),
  password: password.optional().describe('At least 12 characters; not needed where the link only signs in'),
});

export function sessionRoutes(deps: AppDeps): readonly Route[] {
  const { store, directory, manage, ownOrigin, passkeys, loginProviders, secondFactorRequired } = deps;

  const begin = createBegin(deps);

  async function currentView({ signedIn }: Person, request: ApiRequest) {
    const { session, user } = signedIn;
    return {
      user: {
        email: user.email,
        roles: user.role === undefined ? [] : [user.role],
        tenants: await membershipsView(user, directory),
      },
      hasPassword: user.passwordHash !== undefined,
      factors: user.factors ?? noFactors,
      loginProviders: [...loginProviders.namesOf(user.issuers ?? [])],
      secondFactorMissing: secondFactorRequired() && !hasShownSecondFactor(signedIn),
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
      summary: 'Sign in with a password, and the second factor where there is one',
      body: jsonBody(login),
      answers: { 204: { description: 'Signed in; the cookie `iep_session` is set' } },
      handle: (call) => begin(call, (visitor) => manage.signIn.byPassword(visitor, call.body)),
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/passkey/options',
      summary: 'What a browser is to show a passkey with, to sign in',
      answers: { 200: { description: 'For navigator.credentials.get', schema: passkeyOptionsShape } },
      handle: async ({ request }) => json(await passkeys.ask(ownOrigin(request))),
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/passkey',
      summary: 'Sign in with a passkey',
      body: jsonBody(shown),
      answers: { 204: { description: 'Signed in; the cookie `iep_session` is set' } },
      handle: (call) =>
        begin(call, (visitor) =>
          manage.signIn.byPasskey(visitor, { party: ownOrigin(call.request), credential: call.body.credential }),
        ),
    }),
    personRoute({
      method: 'GET',
      path: '/v1/session',
      summary: 'Who is signed in',
      enrols: true,
      answers: { 200: { description: 'The person, and what writing calls need', schema: currentSessionShape } },
      handle: async ({ person, request }) => json(await currentView(person, request)),
    }),
    personRoute({
      method: 'DELETE',
      path: '/v1/session',
      summary: 'Sign out',
      enrols: true,
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
      summary: 'Show the second factor once more, or the password where there is none, before something dangerous',
      enrols: true,
      body: jsonBody(factor),
      answers: { 204: { description: 'The cookie is another, and so is `csrf`' } },
      async handle(call) {
        const party = ownOrigin(call.request);
        const { credential, login, ...given } = call.body;
        const again = {
          ...given,
          ...(credential !== undefined && { passkey: { party, credential } }),
          ...(login !== undefined && { login: loginOf(call.request, party, { name: login.provider, ...login }) }),
        };
        const token = await manage.signIn.again(visitorOf(call), call.person.signedIn, again);
        return { ...noContent(), headers: { 'set-cookie': sessionCookie(token, party.isSecure) } };
      },
    }),
    personRoute({
      method: 'POST',
      path: '/v1/session/factor/options',
      summary: 'What a browser is to show one of the own passkeys with',
      enrols: true,
      answers: { 200: { description: 'For navigator.credentials.get', schema: passkeyOptionsShape } },
      handle: async ({ person, request }) => json(await passkeys.ask(ownOrigin(request), person.signedIn.user)),
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
