/** Providers: whether each can be reached and takes our login, and whether every tenant has one. */

import type { Config } from '../../config/schema.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { tellsByHook } from '../../message/providers/index.ts';
import { type KnownProvider, namesOf, openProvider, routeOfTenant } from '../known-providers.ts';
import { broken, type Finding, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';

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

/** How long after its mail a vendor may well tell of it. */
const TOLD_WITHIN_MS = 7 * 24 * 3_600_000;

/** Whether what vendors still tell of the mail of these days finds a provider of the name that it went by. */
export async function* checkNames({
  store,
  clock,
  providers,
}: Pick<Patient, 'providers'> & {
  readonly store: { readonly tallies: Pick<Patient['store']['tallies'], 'list'> };
  readonly clock: Pick<Patient['clock'], 'now'>;
}): AsyncGenerator<Finding> {
  // What others tell comes as mail, which is known by its message.
  if (!providers.some(({ type, settings }) => tellsByHook(type) || settings?.events !== undefined)) return;
  const known = new Set(providers.flatMap(namesOf));
  const now = clock.now();
  const rows = await store.tallies.list({ from: now - TOLD_WITHIN_MS, until: now + 1 });
  const gone = new Set(rows.filter(({ tally }) => tally.recipients > 0).map(({ provider }) => provider));
  for (const name of gone) {
    if (name === '' || known.has(name)) continue;
    yield warning(
      `provider ${name}`,
      'mail of the last 7 days went by it, and no provider has this name now: what its vendor still tells finds no message',
      `If another one took its place with the same account, set formerNames: [${name}] of that one; else nothing is to be done.`,
    );
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
