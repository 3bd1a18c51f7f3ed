/** What a stored template gives for a channel that is no mail: its text, the values marked. */

import type { Clock } from '../../core/clock.ts';
import type { Json } from '../../core/message.ts';
import { rfc3339 } from '../../core/rfc3339.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { TemplateEngine } from '../../message/render/template-engine.ts';
import type { PostOutcome } from './channel.ts';

export interface TemplateDeps {
  readonly store: StorePart<'templates.resolve'>;
  readonly templateEngine: Pick<TemplateEngine, 'render'>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface TemplateWanted {
  readonly tenant: Pick<Tenant, 'id' | 'slug' | 'settings'>;
  readonly name: string;
  readonly variables: { readonly [name: string]: Json };
  readonly locale?: string | undefined;
  readonly acknowledgeUrl?: string | undefined;
}

export type Made = { readonly text: string } | Exclude<PostOutcome, { readonly kind: 'delivered' }>;

export async function templateText(deps: TemplateDeps, wanted: TemplateWanted): Promise<Made> {
  const { store, templateEngine, clock } = deps;
  const { tenant, name, acknowledgeUrl } = wanted;
  const { branding, locale: standard } = tenant.settings;
  const locale = wanted.locale ?? standard;
  const found = await store.templates.resolve({ tenantId: tenant.id, name });
  if (found === undefined) return rejected(`no template of this tenant is called ${name}, or none of it is published`);
  // Loaded with the first that is needed.
  const { checkVariables } = await import('../../message/templates/check-variables.ts');
  const checked = checkVariables(found.definition, wanted.variables);
  if ('errors' in checked) {
    return rejected(`${name}: ${checked.errors.map(({ path, message }) => `${path} ${message}`).join('; ')}`);
  }
  const made = await templateEngine.render(tenant.id, {
    ...{ definition: found.definition, library: found.library, variables: checked.values, isMarked: true },
    ...(locale !== undefined && { locale }),
    ...(branding && { brand: branding }),
    system: { now: rfc3339(clock.now()), tenant: tenant.slug, ...(acknowledgeUrl !== undefined && { acknowledgeUrl }) },
  });
  if (made.ok) return { text: made.rendered.text ?? '' };
  if ('later' in made)
    return { kind: 'deferred', reason: made.reason, retryAfterMs: Math.max(0, made.later - clock.now()) };
  return rejected(`${name}: ${made.reason}`);
}

const MAX_REASON = 500;

function rejected(reason: string): Made {
  return { kind: 'rejected', reason: reason.slice(0, MAX_REASON) };
}
