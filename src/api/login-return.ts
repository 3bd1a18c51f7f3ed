/** A browser that comes back from a login provider: to which page of ours, and with what. */

import * as z from 'zod';
import type { ShownLogin } from '../manage/sign-in.ts';
import type { OwnOrigin } from './own-origin.ts';
import type { ApiRequest } from './request.ts';
import { loginSecret } from './session-cookie.ts';

export const loginReturn = z.strictObject({
  returned: z.string().max(8_192).describe('What stands behind ? in the address that the provider leads back to'),
});

/** The page of the dashboard that a provider leads back to; it is registered there. */
export function redirectUriOf({ origin }: Pick<OwnOrigin, 'origin'>, name: string): string {
  return `${origin}/ui/oidc/${name}`;
}

export function loginOf(
  request: ApiRequest,
  own: OwnOrigin,
  { name, returned }: { readonly name: string; readonly returned: string },
): ShownLogin {
  const secret = loginSecret(request, own.isSecure) ?? '';
  return { name, back: { redirectUri: redirectUriOf(own, name), returned, secret } };
}
