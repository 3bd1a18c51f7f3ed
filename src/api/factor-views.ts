/** What the calls about factors take and answer. Of WebAuthn's own JSON only what is read here is described. */

import * as z from 'zod';
import { rfc3339 } from '../core/rfc3339.ts';
import type { PasskeyRow } from '../db/verbs/factors.ts';
import { time, timeOrNull } from './shapes.ts';

/** Characters of base64url; what a passkey answers is far below. */
const MAX_TEXT = 65_536;

export const credentialShape = z
  .looseObject({
    id: z.string().max(2_048),
    response: z.looseObject({
      clientDataJSON: z.string().max(MAX_TEXT),
      userHandle: z.string().max(200).nullish(),
    }),
  })
  .describe('What navigator.credentials answered, as its toJSON() has it');

export const passkeyOptionsShape = z.looseObject({ challenge: z.string() });

export const factorsShape = z.strictObject({
  totp: z.boolean(),
  recoveryCodes: z.int().describe('That are left'),
  passkeys: z.int(),
});

export const passkeyShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: time,
  usedAt: timeOrNull,
});

export function passkeyView({ id, name, createdAt, usedAt }: PasskeyRow): z.output<typeof passkeyShape> {
  return { id, name, createdAt: rfc3339(createdAt), usedAt: usedAt === undefined ? null : rfc3339(usedAt) };
}
