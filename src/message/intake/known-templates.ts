/**
 * Stored templates as messages are made with them: which version, whether the variables fit, and what the store keeps of it
 * for these messages. Remembered, so that a message does not read its template from the store; what somebody changed holds
 * within half a second, and at once where this process changed it.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';
import type { Json, Parts, Submission, TemplateUse } from '../../core/message.ts';
import type { TemplateContent, TemplateDefinition, TemplateSnapshot } from '../../core/template.ts';
import type { NewMessage } from '../../db/verbs/outbox.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { ResolvedTemplate } from '../../db/verbs/templates.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';

export interface KnownTemplates {
  /**
   * The submission with what is fixed of its template: version, locale, snapshot, and all variables. Throws `invalid_request`
   * where there is no such template, and `template_variables` with every fault. `planned`: one that is not stored yet, so that
   * what messages are rendered from is kept with the message.
   */
  use(
    tenant: Tenant,
    submission: Submission & { readonly content: MadeParts },
    planned?: ResolvedTemplate,
  ): Promise<Pick<NewMessage, 'snapshot'> & { readonly submission: Submission }>;
  /** Makes the next message read anew. */
  forget(): void;
}

/** Content that is made with a template. */
export type MadeParts = Parts & { readonly template: TemplateUse };

export interface KnownTemplatesDeps {
  readonly store: StorePart<'templates.resolve' | 'templates.revision' | 'templates.keep'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

interface Made {
  readonly definition: TemplateDefinition;
  readonly version: number;
}

interface Known extends Made {
  readonly snapshot: number;
  readonly keptAt: number;
}

interface Planned extends Made {
  readonly toKeep: NonNullable<NewMessage['snapshot']>;
}

const MAX_AGE_MS = 500;
/** The store removes what no message names after a day. */
const KEEP_AGAIN_MS = 3_600_000;
const MAX_KNOWN = 500;
const TEST_MARK = '[test] ';

export function createKnownTemplates({ store, clock }: KnownTemplatesDeps): KnownTemplates {
  let known = new Map<string, Promise<Known | undefined>>();
  let revision: { readonly value: Promise<string>; readonly readAt: number } | undefined;
  let knownOf: string | undefined;

  async function remembered(): Promise<Map<string, Promise<Known | undefined>>> {
    if (revision === undefined || clock.monotonic() - revision.readAt >= MAX_AGE_MS) {
      revision = { value: store.templates.revision(), readAt: clock.monotonic() };
    }
    const current = await revision.value;
    if (current !== knownOf) {
      known = new Map();
      knownOf = current;
    }
    return known;
  }

  async function find(tenant: Tenant, use: TemplateUse): Promise<Known | undefined> {
    const all = await remembered();
    const { branding = {} } = tenant.settings;
    const key = JSON.stringify([tenant.id, use.name, use.version ?? null, use.isTest ?? false, branding]);
    const found = await all.get(key);
    if (found !== undefined && clock.now() - found.keptAt < KEEP_AGAIN_MS) return found;
    const reading = read(tenant, use);
    all.delete(key);
    all.set(key, reading);
    if (all.size > MAX_KNOWN) all.delete(all.keys().next().value ?? '');
    // What could not be read, or is not there, is asked for again.
    const drop = () => all.get(key) === reading && all.delete(key);
    reading.then((one) => one === undefined && drop(), drop);
    return reading;
  }

  async function read(tenant: Tenant, { name, version, isTest = false }: TemplateUse): Promise<Known | undefined> {
    const found = await store.templates.resolve({
      tenantId: tenant.id,
      name,
      ...(version !== undefined && { version }),
    });
    return found && keep(tenant, found, isTest);
  }

  async function keep(tenant: Tenant, found: ResolvedTemplate, isTest: boolean): Promise<Known> {
    const definition = isTest ? marked(found.definition) : found.definition;
    const now = clock.now();
    const { toKeep } = plannedFor(tenant, { ...found, definition });
    const snapshot = await store.templates.keep({ tenantId: tenant.id, ...toKeep, now });
    return { definition, version: found.version, snapshot, keptAt: now };
  }

  return {
    async use(tenant, submission, planned) {
      // Loaded with the first message that is made with a template.
      const [{ checkVariables }, { contentIn }] = await Promise.all([
        import('../templates/check-variables.ts'),
        import('../templates/content.ts'),
      ]);
      const { template, variables = {}, ...rest } = submission.content;
      const made = planned === undefined ? await find(tenant, template) : plannedFor(tenant, planned);
      if (made === undefined) throw noTemplate(template);
      const { definition, version } = made;
      if (definition.kind !== 'template') {
        throw invalid([
          { path: 'template', message: `${definition.name} is a ${definition.kind}, which other templates use` },
        ]);
      }
      const checked = checkVariables(definition, variables);
      if ('errors' in checked) throw wrongVariables(definition.name, checked.errors);
      const locale = template.locale ?? tenant.settings.locale;
      const isKept = 'snapshot' in made;
      const use = {
        ...{ name: definition.name, version },
        ...(isKept && { snapshot: made.snapshot }),
        ...(locale !== undefined && { locale }),
      };
      return {
        submission: {
          ...submission,
          subject: contentIn(definition, locale).subject?.source ?? '',
          content: { ...rest, template: use, variables: checked.values as { [name: string]: Json } },
        },
        ...(!isKept && { snapshot: made.toKeep }),
      };
    },
    forget() {
      revision = undefined;
    },
  };
}

function plannedFor(tenant: Tenant, { definition, library, version }: Omit<ResolvedTemplate, 'shared'>): Planned {
  const snapshot: TemplateSnapshot = { definition, library, brand: tenant.settings.branding ?? {} };
  const content = JSON.stringify(snapshot);
  const hash = createHash('sha256').update(content).digest('base64url');
  return { definition, version, toKeep: { hash, content } };
}

export function isMadeWithTemplate(submission: Submission): submission is Submission & { readonly content: MadeParts } {
  return submission.content.kind === 'parts' && submission.content.template !== undefined;
}

function noTemplate({ name, version }: TemplateUse): IepError {
  if (version === undefined) {
    return invalid([
      { path: 'template', message: `no template of this tenant is called ${name}, or none of it is published` },
    ]);
  }
  return invalid([{ path: 'templateVersion', message: `no template ${name} of this tenant has a version ${version}` }]);
}

function wrongVariables(name: string, errors: NonNullable<IepError['errors']>): IepError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new IepError('template_variables', `${name}: ${first?.path} ${first?.message}${more}`, { errors });
}

function marked(definition: TemplateDefinition): TemplateDefinition {
  const mark = <T extends TemplateContent>(content: T): T =>
    content.subject === undefined ? content : { ...content, subject: TEST_MARK + content.subject };
  const locales = Object.entries(definition.locales).map(([name, content]) => [name, mark(content)] as const);
  return { ...mark(definition), locales: Object.fromEntries(locales) };
}
