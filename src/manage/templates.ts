/**
 * Stored templates as their owners handle them: checked before they are stored, published and taken back, shown as they would
 * look, tried out and removed.
 */

import type { Clock } from '../core/clock.ts';
import { fieldErrorText, IepError } from '../core/errors.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { TemplateDefinition, TemplateFault, TemplatePreview, TemplateVariables } from '../core/template.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { NewVersion, StoredTemplate, TemplateOwner } from '../db/verbs/templates.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept, Accepted } from '../message/intake/accept.ts';
import type { KnownTemplates } from '../message/intake/known-templates.ts';
import type { NotNow } from '../message/render/rendering-thread.ts';
import type { TemplateEngine } from '../message/render/template-engine.ts';
import type { TemplateFailure } from '../message/render/template-job.ts';
import { exampleVariables } from '../message/templates/check-variables.ts';
import { usedNames } from '../message/templates/used-names.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { createTemplateCheck, failureFaults, renderingBusy, type TemplateCheck } from './template-check.ts';

/** Whose a template is: without a tenant, shared. */
interface Owned {
  readonly tenant: Tenant | undefined;
}

interface Named extends Owned {
  readonly name: string;
}

interface Given extends Owned {
  readonly definition: TemplateDefinition;
  /** Whether messages are made with it from now on. */
  readonly publish: boolean;
}

interface Forced {
  /** Also where what is made with it could not be rendered any more. */
  readonly force: boolean;
}

/** What a preview is given besides the template. */
export interface PreviewInput {
  /** Absent: the examples of the template. */
  readonly variables?: TemplateVariables | undefined;
  readonly locale?: string | undefined;
}

export interface TemplateDesk {
  /** What the store takes of a version, checked with these layouts and partials, which may be stored together with it. */
  draw(input: Given & { readonly library: readonly TemplateDefinition[] }): Promise<NewVersion>;
  /** Refuses with `template_invalid` what cannot be rendered, and what others could not be rendered with, as `put` and `publish`. */
  add(caller: Caller, input: Given & Forced): Promise<StoredTemplate>;
  put(caller: Caller, input: Given & Forced): Promise<StoredTemplate & { readonly isNew: boolean }>;
  publish(caller: Caller, input: Named & Forced & { readonly version: number }): Promise<StoredTemplate>;
  /** `force`: while open messages use it too. */
  remove(caller: Caller, input: Named & Forced): Promise<void>;
  /** What would be wrong if these were stored together. */
  check: TemplateCheck['faultsOf'];
  holdTogether: TemplateCheck['holdTogether'];
  /** Refuses with `not_found`, and with `template_invalid` where rendering fails. */
  preview(input: Named & PreviewInput & { readonly version?: number | undefined }): Promise<TemplatePreview>;
  /** Of one that is not stored. */
  previewOf(input: Owned & PreviewInput & { readonly definition: TemplateDefinition }): Promise<TemplatePreview>;
  /** Sends it now from the tenant's default sender; its subject says that it is a test. */
  test(
    caller: Caller,
    input: {
      readonly tenant: Tenant;
      readonly name: string;
      readonly to: string;
      readonly version?: number | undefined;
    } & PreviewInput,
    signal: AbortSignal,
  ): Promise<Accepted>;
}

export interface TemplateDeskDeps {
  readonly store: StorePart<
    | 'templates.add'
    | 'templates.put'
    | 'templates.publish'
    | 'templates.remove'
    | 'templates.get'
    | 'templates.published'
    | 'templates.madeWith'
  >;
  readonly audit: Pick<Audit, 'act'>;
  readonly accept: Accept['accept'];
  readonly clock: Pick<Clock, 'now'>;
  readonly knownTemplates: Pick<KnownTemplates, 'forget'>;
  readonly templateEngine: TemplateEngine;
}

/** Templates of one owner. */
export const MAX_TEMPLATES = 1_000;
/** The newest versions of a template, besides the published one. */
export const KEPT_VERSIONS = 100;

export function createTemplateDesk(deps: TemplateDeskDeps): TemplateDesk {
  const { store, audit, accept, clock, knownTemplates, templateEngine } = deps;
  const together = createTemplateCheck(deps);

  /** Does a change, which holds for the next message of this process at once. */
  function act<T>(caller: Caller, action: string, { tenant, name }: Named, work: () => Promise<T>): Promise<T> {
    return audit.act(caller, { action, tenant: tenant?.slug, target: name }, async () => {
      const done = await work();
      knownTemplates.forget();
      return done;
    });
  }

  const libraryOf = (tenant: Tenant | undefined, definition: TemplateDefinition) =>
    store.templates.published({ ...idOf(tenant), names: usedNames(definition) });

  /** The layouts and partials of one that may be stored. */
  async function usesOf(
    tenant: Tenant | undefined,
    definition: TemplateDefinition,
    library?: readonly TemplateDefinition[],
  ): Promise<readonly string[]> {
    library ??= await libraryOf(tenant, definition);
    const checked = await templateEngine.check(ownerOf(tenant), { definition, library });
    if (!checked.ok) throw failed(definition.name, checked);
    if (checked.faults.length > 0) throw invalidTemplate(definition.name, checked.faults);
    const published = new Set(library.map(({ name }) => name));
    return usedNames(definition).filter((name) => published.has(name));
  }

  async function find({ tenant, name, version }: Named & { version?: number | undefined }): Promise<StoredTemplate> {
    const found = await store.templates.get({ ...idOf(tenant), name, ...(version !== undefined && { version }) });
    if (found !== undefined) return found;
    throw new IepError(
      'not_found',
      version === undefined ? `No template is called ${name}` : `No template ${name} has a version ${version}`,
    );
  }

  async function newVersion({ tenant, definition, publish, force }: Given & Forced) {
    const uses = await usesOf(tenant, definition);
    if (publish && !force) await together.holdTogether({ tenant, name: definition.name, next: definition });
    return { ...idOf(tenant), definition, uses, publish, now: clock.now() };
  }

  async function previewOf({
    tenant,
    definition,
    variables,
    locale = tenant?.settings.locale,
  }: Owned & PreviewInput & { readonly definition: TemplateDefinition }): Promise<TemplatePreview> {
    const library = await libraryOf(tenant, definition);
    const shown = await templateEngine.preview(ownerOf(tenant), {
      ...{ definition, library },
      variables: variables ?? exampleVariables(definition),
      ...(locale !== undefined && { locale }),
      ...(tenant?.settings.branding && { brand: tenant.settings.branding }),
      system: { now: rfc3339(clock.now()), ...(tenant && { tenant: tenant.slug }) },
    });
    if (!shown.ok) throw failed(definition.name, shown);
    return shown.preview;
  }

  return {
    async draw({ tenant, definition, publish, library }) {
      const uses = await usesOf(tenant, definition, library);
      return { ...idOf(tenant), definition, uses, publish, now: clock.now() };
    },
    add: (caller, given) =>
      act(caller, 'template.add', named(given), async () =>
        store.templates.add({ ...(await newVersion(given)), max: MAX_TEMPLATES }),
      ),
    put: (caller, given) =>
      act(caller, 'template.set', named(given), async () =>
        store.templates.put({ ...(await newVersion(given)), keep: KEPT_VERSIONS }),
      ),
    publish: (caller, { tenant, name, version, force }) =>
      act(caller, 'template.publish', { tenant, name }, async () => {
        const { definition } = await find({ tenant, name, version });
        await usesOf(tenant, definition);
        if (!force) await together.holdTogether({ tenant, name, next: definition });
        return store.templates.publish({ ...idOf(tenant), name, version, now: clock.now() });
      }),
    remove: (caller, { tenant, name, force }) =>
      act(caller, 'template.remove', { tenant, name }, async () => {
        if (!force) await together.holdTogether({ tenant, name, next: undefined });
        await store.templates.remove({ ...idOf(tenant), name, force });
      }),
    check: together.faultsOf,
    holdTogether: together.holdTogether,
    async preview({ tenant, name, version, variables, locale }) {
      const { definition } = await find({ tenant, name, version });
      return previewOf({ tenant, definition, variables, locale });
    },
    previewOf,
    test: (caller, { tenant, name, to, version, variables, locale }, signal) =>
      audit.act(caller, { action: 'template.test', tenant: tenant.slug, target: name }, async () => {
        const { defaultFrom: from } = tenant.settings;
        if (from === undefined) throw noSender(tenant);
        const { definition } = await find({ tenant, name, version });
        return accept(
          tenant,
          {
            door: 'http',
            from: { email: from.email, ...(from.name !== undefined && { name: from.name }) },
            to: [{ email: to }],
            subject: '',
            content: {
              kind: 'parts',
              template: {
                name,
                isTest: true,
                ...(version !== undefined && { version }),
                ...(locale !== undefined && { locale }),
              },
              variables: { ...exampleVariables(definition), ...variables },
            },
          },
          signal,
        );
      }),
  };
}

function named({ tenant, definition: { name } }: Given): Named {
  return { tenant, name };
}

function idOf(tenant: Tenant | undefined): TemplateOwner {
  return tenant === undefined ? {} : { tenantId: tenant.id };
}

/** Who has a turn in the thread that renders. */
function ownerOf(tenant: Tenant | undefined): string {
  return tenant?.id ?? '';
}

/** A template that cannot be rendered; or one whose turn has not come. */
function failed(name: string, failure: TemplateFailure | NotNow): IepError {
  return 'later' in failure ? renderingBusy(failure) : invalidTemplate(name, failureFaults(failure));
}

function invalidTemplate(name: string, faults: readonly TemplateFault[]): IepError {
  const [first] = faults;
  const detail =
    faults.length > 1 ? `${name} has ${faults.length} faults` : first && `${name}: ${fieldErrorText(first)}`;
  return new IepError('template_invalid', detail, { errors: faults });
}

function noSender({ slug }: Tenant): IepError {
  const hint = `\`iep tenant set ${slug} --default-from ADDRESS\` gives it one`;
  return new IepError('invalid_request', `The tenant has no default sender, whom a test is from; ${hint}`, {
    errors: [{ path: '', message: 'needs a default sender of the tenant' }],
  });
}
