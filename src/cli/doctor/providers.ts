/** The ways out: whether each can be reached and takes our login, and whether every tenant has one. */

import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { Tenant } from '../../db/store.ts';
import { createProvider } from '../../providers/index.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

export async function* checkProviders(config: Config, clock: Clock): AsyncGenerator<Finding> {
  for (const [name, settings] of Object.entries(config.providers)) {
    const provider = createProvider(name, settings, { clock });
    try {
      const health = await provider.check();
      const check = `provider ${name}`;
      yield health.ok
        ? ok(check, health.detail)
        : broken(check, health.detail, `Correct providers.${name}, or its server.`);
    } finally {
      await provider.close();
    }
  }
}

export function* checkRoutes(config: Config, tenants: readonly Tenant[]): Generator<Finding> {
  for (const { slug, settings } of tenants) {
    const primary = settings.primary ?? config.routing.primary;
    if (primary === undefined) {
      yield broken(
        `route of ${slug}`,
        'its mail has no provider to go to',
        `Set routing.primary, or: iep tenant set ${slug} --primary NAME`,
      );
    } else if (!Object.hasOwn(config.providers, primary)) {
      yield broken(
        `route of ${slug}`,
        `there is no provider ${primary}`,
        `Add it under providers, or: iep tenant set ${slug} --primary NAME`,
      );
    }
    const fallback = settings.fallback ?? config.routing.fallback;
    if (fallback !== undefined && !Object.hasOwn(config.providers, fallback)) {
      yield warning(
        `route of ${slug}`,
        `there is no provider ${fallback} to fall back to`,
        `Add it under providers, or: iep tenant set ${slug} --fallback none`,
      );
    }
  }
}
