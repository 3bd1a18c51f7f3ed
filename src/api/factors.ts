/** What a person signs in with, for the person: the password, the second factor by TOTP, passkeys. */

import * as z from 'zod';
import type { AppDeps } from './deps.ts';
import { credentialShape, passkeyOptionsShape, passkeyShape, passkeyView } from './factor-views.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, personAction, personRoute, type Route } from './route.ts';
import { sessionCookie } from './session-cookie.ts';
import { listOf } from './shapes.ts';

const codes = z.array(z.string()).describe('Each good once in place of `totp`; shown this once');
const codesShape = z.strictObject({ recoveryCodes: codes });
const own = { enrols: true } as const;
/** Of who has a second factor it wants that; so nobody adds one who knows the password alone. */
const guarded = { ...own, isDangerous: true } as const;

export function factorRoutes({ store, manage, passkeys, ownOrigin }: AppDeps): readonly Route[] {
  return [
    personAction('user.password', {
      method: 'PUT',
      path: '/v1/session/password',
      summary: 'Change the own password, which ends the other sessions',
      ...guarded,
      body: jsonBody(z.strictObject({ password: z.string().max(1_024).describe('At least 12 characters') })),
      answers: { 204: { description: 'It is another' } },
      async handle({ caller, person, body }) {
        await manage.factors.setPassword(caller, person.signedIn, body);
        return noContent();
      },
    }),
    personRoute({
      method: 'POST',
      path: '/v1/session/totp',
      summary: 'Get a secret for an authenticator; it counts once a code of it was given',
      ...guarded,
      answers: {
        200: {
          description: 'The secret, shown this once',
          schema: z.strictObject({
            secret: z.string().describe('Base32'),
            uri: z.string().describe('otpauth://, for a QR code'),
          }),
        },
      },
      handle: async ({ person, request }) =>
        json(await manage.factors.offerTotp(person.signedIn, `IEP ${ownOrigin(request).hostname}`)),
    }),
    personAction('totp.add', {
      method: 'POST',
      path: '/v1/session/totp/confirm',
      summary: 'Have a second factor from now on, by a first code of it; the other sessions end',
      ...guarded,
      body: jsonBody(z.strictObject({ totp: z.string().max(20) })),
      answers: { 200: { description: 'Recovery codes; the cookie is another, and so is `csrf`', schema: codesShape } },
      async handle({ caller, person, body, request }) {
        const { token, recoveryCodes } = await manage.factors.addTotp(caller, person.signedIn, body);
        const cookie = sessionCookie(token, ownOrigin(request).isSecure);
        return { ...json({ recoveryCodes }), headers: { 'set-cookie': cookie } };
      },
    }),
    personAction('totp.remove', {
      method: 'DELETE',
      path: '/v1/session/totp',
      summary: 'Have no TOTP any more, nor recovery codes; the other sessions end',
      ...guarded,
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, person }) {
        await manage.factors.removeTotp(caller, person.signedIn);
        return noContent();
      },
    }),
    personAction('recovery-codes.renew', {
      method: 'POST',
      path: '/v1/session/recovery-codes',
      summary: 'Get new recovery codes in place of those that there are',
      ...guarded,
      answers: { 200: { description: 'The codes', schema: codesShape } },
      handle: async ({ caller, person }) =>
        json({ recoveryCodes: [...(await manage.factors.renewRecoveryCodes(caller, person.signedIn))] }),
    }),
    personRoute({
      method: 'GET',
      path: '/v1/session/passkeys',
      summary: 'The own passkeys',
      ...own,
      answers: { 200: { description: 'The passkeys, oldest first', schema: listOf(passkeyShape) } },
      async handle({ person }) {
        const rows = await store.factors.passkeys({ userId: person.signedIn.user.id });
        return json({ items: rows.map(passkeyView) });
      },
    }),
    personRoute({
      method: 'POST',
      path: '/v1/session/passkeys/options',
      summary: 'What a browser is to make a passkey with',
      ...guarded,
      answers: { 200: { description: 'For navigator.credentials.create', schema: passkeyOptionsShape } },
      handle: async ({ person, request }) => json(await passkeys.offer(ownOrigin(request), person.signedIn.user)),
    }),
    personAction('passkey.add', {
      method: 'POST',
      path: '/v1/session/passkeys',
      summary: 'Keep a passkey that a browser made; the other sessions end',
      ...guarded,
      body: jsonBody(z.strictObject({ name: z.string().trim().min(1).max(100), credential: credentialShape })),
      answers: { 201: { description: 'The passkey; the cookie is another, and so is `csrf`', schema: passkeyShape } },
      async handle({ caller, person, body, request }) {
        const party = ownOrigin(request);
        const { token, passkey } = await manage.factors.addPasskey(caller, person.signedIn, { party, ...body });
        return { ...json(passkeyView(passkey), 201), headers: { 'set-cookie': sessionCookie(token, party.isSecure) } };
      },
    }),
    personAction('passkey.remove', {
      method: 'DELETE',
      path: '/v1/session/passkeys/:id',
      summary: 'Remove one of the own passkeys; the other sessions end',
      ...guarded,
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, person, param }) {
        await manage.factors.removePasskey(caller, person.signedIn, { id: param('id') });
        return noContent();
      },
    }),
  ];
}
