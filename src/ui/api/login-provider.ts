/** Signing in at a login provider: this tab goes there and comes back to /ui/oidc/NAME, with what the daemon is to look at behind `?`. */

import { reach } from './call.ts';
import { post, refresh } from './sign-in.ts';

const PAGE = '/ui/oidc/';
const RETURN_KEY = 'iep-return';
/** Between the tabs of this browser. */
const SHOWN = 'iep-login-shown';

/** The provider whose page this is; undefined for every other page. */
export function providerHere(): string | undefined {
  const { pathname } = location;
  return pathname.startsWith(PAGE) ? decodeURIComponent(pathname.slice(PAGE.length)) : undefined;
}

export async function loginProviders(): Promise<readonly string[]> {
  const response = await reach('/v1/session/providers', {});
  const { items } = (await response.json()) as { items: readonly { name: string }[] };
  return items.map(({ name }) => name);
}

/** This tab goes to the provider. `again`: whoever is signed in has to sign in there anew. */
export async function leaveFor(name: string, { again }: { again: boolean }): Promise<void> {
  if (!again && providerHere() === undefined) sessionStorage.setItem(RETURN_KEY, location.pathname + location.search);
  const { url } = await (await post(`/v1/session/providers/${encodeURIComponent(name)}/begin`, { again })).json();
  location.assign(url);
}

/** What for the provider was asked is said by what comes back. Resolves with where to go on; undefined: in the tab that asked. */
export async function comeBack(provider: string, returned: string): Promise<string | undefined> {
  if (new URLSearchParams(returned).get('state')?.endsWith('.again') === true) {
    await post('/v1/session/factor', { login: { provider, returned } });
    new BroadcastChannel(SHOWN).postMessage(provider);
    return undefined;
  }
  await post(`/v1/session/providers/${encodeURIComponent(provider)}`, { returned });
  await refresh();
  const page = sessionStorage.getItem(RETURN_KEY) ?? '/ui/';
  sessionStorage.removeItem(RETURN_KEY);
  return page;
}

/** Opens a tab in which somebody signs in there again. Resolves once that was done; never, where it is not. */
export function signInAgain(name: string): Promise<void> {
  const channel = new BroadcastChannel(SHOWN);
  const shown = new Promise<void>((resolve) => {
    channel.onmessage = () => resolve();
  });
  open(`${PAGE}${encodeURIComponent(name)}`, '_blank');
  return shown.then(() => {
    channel.close();
    return refresh();
  });
}
