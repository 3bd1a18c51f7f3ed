/** Signing in at a login provider: which there are, the way there, and who came back. */

import * as z from 'zod';
import { createBegin } from './begin-session.ts';
import type { AppDeps } from './deps.ts';
import { loginOf, loginReturn, redirectUriOf } from './login-return.ts';
import { json } from './reply.ts';
import { jsonBody, publicRoute, type Route } from './route.ts';
import { loginCookie } from './session-cookie.ts';
import { listOf } from './shapes.ts';

const purpose = z.strictObject({
  again: z.boolean().default(false).describe('For POST /v1/session/factor: the person has to sign in there now'),
});

export function loginProviderRoutes(deps: AppDeps): readonly Route[] {
  const { loginProviders, manage, ownOrigin } = deps;
  const begin = createBegin(deps);
  return [
    publicRoute({
      method: 'GET',
      path: '/v1/session/providers',
      summary: 'The login providers that people may sign in at',
      answers: { 200: { description: 'Their names', schema: listOf(z.strictObject({ name: z.string() })) } },
      handle: () => json({ items: loginProviders.names().map((name) => ({ name })) }),
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/providers/:name/begin',
      summary: 'The way to a login provider; it leads back to /ui/oidc/{name}',
      body: jsonBody(purpose, { required: false }),
      answers: {
        200: {
          description: 'Where the browser goes; the cookie `iep_login` is set',
          schema: z.strictObject({ url: z.string() }),
        },
      },
      async handle({ request, param, body: { again } }) {
        const own = ownOrigin(request);
        const name = param('name');
        const to = { purpose: again ? 'again' : 'sign-in', redirectUri: redirectUriOf(own, name) } as const;
        const { url, secret } = await loginProviders.begin(name, to);
        return json({ url }, 200, { 'set-cookie': loginCookie(secret, own.isSecure) });
      },
    }),
    publicRoute({
      method: 'POST',
      path: '/v1/session/providers/:name',
      summary: 'Sign in as who came back from a login provider',
      body: jsonBody(loginReturn),
      answers: { 204: { description: 'Signed in; the cookie `iep_session` is set' } },
      handle: (call) =>
        begin(call, (visitor) => {
          const { request, body } = call;
          const login = loginOf(request, ownOrigin(request), { name: call.param('name'), ...body });
          return manage.signIn.byProvider(visitor, login);
        }),
    }),
  ];
}
