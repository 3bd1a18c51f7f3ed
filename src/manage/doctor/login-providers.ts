/** The login providers: whether each can be asked, and is who it is taken for. */

import { discoverProvider, discoveryFault } from '../../access/discover-provider.ts';
import type { LoginProviderSettings } from '../../core/login-provider.ts';
import { type Finding, ok, warning } from './finding.ts';

/** Asks all of them at once: each may take its time. */
export async function* checkLoginProviders(providers: readonly LoginProviderSettings[]): AsyncGenerator<Finding> {
  yield* await Promise.all(providers.map(checkLoginProvider));
}

async function checkLoginProvider(settings: LoginProviderSettings): Promise<Finding> {
  const { name, issuer } = settings;
  const check = `login provider ${name}`;
  try {
    await discoverProvider(settings);
    return ok(check, issuer);
  } catch (error) {
    const advice = `Until then nobody signs in by it. Compare \`issuer\` with what ${name} says of itself, and try its address from this machine.`;
    return warning(check, `${issuer} cannot be asked: ${discoveryFault(error)}`, advice);
  }
}
