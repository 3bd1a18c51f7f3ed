/** Providers: whether each can be reached and takes our login, and whether every tenant has one. */

import type { Config } from '../../config/schema.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type KnownProvider, openProvider, routeOfTenant } from '../known-providers.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

export async function* checkProviders(
  known: readonly KnownProvider[],
  deps: Parameters<typeof openProvider>[1],
): AsyncGenerator<Finding> {
  for (const one of known) {
    const { name, source } = one;
    const provider = openProvider(one, deps);
    try {
      const health = await provider.check();
      const check = `provider ${name}`;
      const advice = source === 'config' ? `Correct providers.${name}` : `Correct it with iep provider set ${name}`;
      yield health.ok ? ok(check, health.detail) : broken(check, health.detail, `${advice}, or its server.`);
    } finally {
      await provider.close();
    }
  }
}

/** Whether every tenant's mail has somewhere to go, and each provider that a route names is there. */
export function* checkRoutes(input: {
  readonly config: Config;
  readonly tenants: readonly Tenant[];
  readonly names: readonly string[];
}): Generator<Finding> {
  const { config, tenants, names } = input;
  for (const tenant of tenants) {
    const { slug } = tenant;
    const check = `route of ${slug}`;
    // A route of its own counts instead of primary and fallback.
    const hasRoute = tenant.settings.route !== undefined;
    const set = `iep tenant set ${slug} ${hasRoute ? '--route NAMES' : '--primary NAME'}`;
    const route = routeOfTenant(tenant, config);
    const missing = route.filter((name) => !names.includes(name));
    if (route.length === 0) {
      yield broken(check, 'its mail has no provider to go to', `Set routing.primary, or: ${set}`);
    } else if (missing.length === route.length) {
      yield broken(check, `no provider is called ${missing.join(', ')}`, `Add it with iep provider add, or: ${set}`);
    } else if (missing.length > 0) {
      yield warning(
        check,
        hasRoute
          ? `of its route, ${missing.join(', ')} does not exist`
          : `the provider to fall back to, ${missing.join(', ')}, does not exist`,
        `Add it with iep provider add, or: ${hasRoute ? set : `iep tenant set ${slug} --fallback none`}`,
      );
    }
  }
}
