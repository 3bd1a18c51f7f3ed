/** The kinds of resources of this version, in the order in which a run makes them, and the desk that applies and shows them. */

import type { Directory } from '../../access/directory.ts';
import type { Keys } from '../../access/keys.ts';
import type { Clock } from '../../core/clock.ts';
import type { NewId } from '../../core/ids.ts';
import type { Vault } from '../../core/vault.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Accept } from '../../message/intake/accept.ts';
import type { KnownTemplates } from '../../message/intake/known-templates.ts';
import type { Audit } from '../audit/audit.ts';
import type { Definitions } from '../definitions/definitions.ts';
import type { Domains } from '../domains/domains.ts';
import type { ProviderDesk } from '../providers.ts';
import type { SuppressionDeskDeps } from '../suppressions.ts';
import type { TemplateDesk } from '../templates.ts';
import type { TenantsDeps } from '../tenants.ts';
import type { WebhookDesk } from '../webhooks.ts';
import { createResourceDesk, type ResourceDesk } from './desk.ts';
import type { Aftermath, ResourceKind } from './kind.ts';
import { definitionResource } from './kinds/definition.ts';
import { domainKind } from './kinds/domain.ts';
import { emailKind } from './kinds/email.ts';
import { emailEventKind } from './kinds/email-event.ts';
import { keyKind } from './kinds/key.ts';
import { providerKind } from './kinds/provider.ts';
import { routeKind } from './kinds/route.ts';
import { subscriberKind } from './kinds/subscriber.ts';
import { suppressionKind } from './kinds/suppression.ts';
import { templateResources } from './kinds/template.ts';
import { tenantKind } from './kinds/tenant.ts';
import { triggerKind } from './kinds/trigger.ts';
import { webhookKind } from './kinds/webhook.ts';
import { createLook, type Look } from './look.ts';

export interface Resources extends ResourceDesk, Look {}

export interface ResourcesDeps
  extends Pick<TenantsDeps, 'declaredTenants' | 'canTrack' | 'providerNames' | 'wake' | 'tenantClosed'>,
    Pick<SuppressionDeskDeps, 'maxSuppressions'> {
  readonly store: Store;
  readonly directory: Directory;
  readonly keys: Keys;
  readonly domains: Domains;
  readonly providers: Pick<ProviderDesk, 'manifests'>;
  readonly webhooks: WebhookDesk;
  readonly audit: Audit;
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly draw: Accept['draw'];
  readonly write: Accept['write'];
  readonly taken: Accept['taken'];
  readonly knownTemplates: Pick<KnownTemplates, 'forget'>;
  readonly manage: {
    readonly templates: Pick<TemplateDesk, 'draw' | 'holdTogether'>;
    readonly definitions: Definitions;
  };
}

export function createResources(deps: ResourcesDeps): Resources {
  const { directory, domains, providers, clock } = deps;
  const now = () => clock.now();
  const kinds: readonly ResourceKind[] = [
    tenantKind(deps),
    providerKind(providers.manifests),
    keyKind(deps),
    routeKind(deps),
    domainKind(deps),
    webhookKind(deps),
    suppressionKind({ ...deps, now }),
    ...templateResources({ ...deps, templates: deps.manage.templates }),
    ...Object.values(deps.manage.definitions).map(({ kind }) => definitionResource(kind, deps)),
    // It makes a topic that is not there yet.
    subscriberKind(deps),
    triggerKind(deps),
    emailKind(deps),
    emailEventKind(deps),
  ];
  const parts: Readonly<Record<Aftermath, () => unknown>> = {
    directory: () => directory.forget(),
    wake: () => deps.wake(),
    providers: () => providers.manifests.reload(),
    domains: () => domains.changed(),
    tenantClosed: () => deps.tenantClosed(),
    templates: () => deps.knownTemplates.forget(),
  };
  const tell = async (what: ReadonlySet<Aftermath>) => {
    for (const one of what) await parts[one]();
  };
  return { ...createResourceDesk({ ...deps, kinds, now, tell }), ...createLook(deps) };
}
