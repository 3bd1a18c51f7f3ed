/** Stored templates as resources: in the form of the API, as layouts, and as seed 000 writes them. */

import * as z from 'zod';
import { invalid } from '../../../core/invalid.ts';
import { isRecord } from '../../../core/is-record.ts';
import { type TemplateDefinition, type TemplateKind, variableTypes } from '../../../core/template.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { StoredTemplate } from '../../../db/verbs/templates.ts';
import { usedNames } from '../../../message/templates/used-names.ts';
import { templateFields, templateName, toDefinition } from '../../template-schema.ts';
import { KEPT_VERSIONS, MAX_TEMPLATES, type TemplateDesk } from '../../templates.ts';
import { type Owner, type Present, type ResourceKind, type Run, type Spec, type Step, templateKey } from '../kind.ts';
import { wholeSpec } from '../order.ts';
import { libraryOf, type SeenTemplates } from '../planned-templates.ts';

export interface TemplateKindDeps {
  readonly store: StorePart<'templates.list'> & SeenTemplates;
  readonly templates: Pick<TemplateDesk, 'draw' | 'holdTogether'>;
}

/** How one of the kinds says a template. */
interface Form {
  readonly kinds: readonly TemplateKind[];
  toDefinition(name: string, spec: Spec): TemplateDefinition;
  toSpec(stored: StoredTemplate): Spec;
}

export function templateResources(deps: TemplateKindDeps): readonly ResourceKind[] {
  const shared = { shared: z.boolean().optional().describe('Every tenant may use it; the operator’s to say') };
  const { kind: _, layout, ...fields } = templateFields;
  const whole = { ...fields, layout, ...shared };
  const isShared = ({ spec }: { spec: unknown }) => isRecord(spec) && spec.shared === true;
  return [
    {
      ...{ apiVersion: 'iep/v1', kind: 'Layout', plural: 'layouts', of: 'tenant', isOperators: false },
      summary: 'What stands around templates',
      schema: z.strictObject(whole),
      isPlatforms: isShared,
      ...resourceOf(deps, nativeForm('layout')),
    },
    {
      ...{ apiVersion: 'iep/v1', kind: 'Partial', plural: 'partials', of: 'tenant', isOperators: false },
      summary: 'A part that templates share',
      schema: z.strictObject(whole),
      isPlatforms: isShared,
      ...resourceOf(deps, nativeForm('partial')),
    },
    {
      ...{ apiVersion: 'iep/v1', kind: 'Template', plural: 'templates', of: 'tenant', isOperators: false },
      summary: 'A stored template',
      schema: z.strictObject(whole),
      isPlatforms: isShared,
      ...resourceOf(deps, nativeForm('template')),
    },
    {
      ...{ apiVersion: 'email.miloapis.com/v1alpha1', kind: 'EmailTemplate', plural: 'emailtemplates', of: 'tenant' },
      isOperators: false,
      summary: 'A stored template in Go’s syntax; without a namespace every tenant may use it',
      schema: emailTemplate,
      calls: { html: 'htmlBody', text: 'textBody' },
      isPlatforms: ({ namespace }, { isTenants }) => namespace === undefined && !isTenants,
      ...resourceOf(deps, emailForm),
    },
  ];
}

const emailTemplate = z.strictObject({
  subject: z.string().max(2_000),
  htmlBody: templateFields.html,
  textBody: templateFields.text,
  variables: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must begin with a letter, and hold letters, digits and _'),
        required: z.boolean().default(false),
        type: z.enum(variableTypes).default('string'),
      }),
    )
    .max(200)
    .default([]),
});

const emailForm: Form = {
  kinds: ['template'],
  toDefinition(name, spec) {
    const { subject, htmlBody: html, textBody: text, variables } = emailTemplate.parse(spec);
    return toDefinition({ ...{ name, kind: 'template', syntax: 'go', locales: {} }, subject, html, text, variables });
  },
  toSpec({ definition: { subject, html, text, variables } }) {
    return {
      ...(subject !== undefined && { subject }),
      ...(html !== undefined && { htmlBody: html }),
      ...(text !== undefined && { textBody: text }),
      variables: variables.map(({ name, required, type }) => ({ name, required, type })),
    };
  },
};

function nativeForm(kind: TemplateKind): Form {
  return {
    kinds: [kind],
    toDefinition(name, { shared: _, ...spec }) {
      const { kind: _kind, ...fields } = templateFields;
      return toDefinition({ ...z.strictObject(fields).parse(spec), name, kind });
    },
    toSpec({ definition: { name: _, kind: _kind, ...definition }, shared }) {
      return { ...definition, ...(shared && { shared }) };
    },
  };
}

function resourceOf(
  { store, templates }: TemplateKindDeps,
  form: Form,
): Pick<ResourceKind, 'list' | 'find' | 'add' | 'set' | 'remove' | 'usesOf' | 'stands'> {
  const presentOf = (stored: StoredTemplate): Present & { name: string } => ({
    ...{
      ref: stored.name,
      name: stored.name,
      source: 'command',
      createdAt: stored.createdAt,
      spec: form.toSpec(stored),
    },
    status: { latest: stored.latest, ...(stored.published !== undefined && { published: stored.published }) },
  });

  async function own(owner: Owner, name: string): Promise<StoredTemplate | undefined> {
    if (owner.isNew) return undefined;
    const found = await store.templates.get({ ...idOf(owner), name });
    const isOwn = found !== undefined && found.shared === (owner.tenant === undefined);
    return isOwn && form.kinds.includes(found.kind) ? found : undefined;
  }

  /** The next version, with what the same run makes beside it. */
  async function drawn({ owner, name, spec, run }: { owner: Owner; name: string; spec: Spec; run: Run }) {
    if (!templateName.safeParse(name).success) {
      throw invalid([{ path: 'metadata.name', message: 'must be small letters, digits, `.`, `_` and `-`' }]);
    }
    const definition = form.toDefinition(name, spec);
    const library = await libraryOf(store, definition, { owner, run });
    const tenant = owner.isNew ? undefined : owner.tenant;
    const version = await templates.draw({ tenant, definition, publish: true, library });
    const isShared = owner.tenant === undefined;
    const before = await own(owner, name);
    const number = (before?.latest ?? 0) + 1;
    run.templates.set(templateKey(owner.tenant, name), {
      shared: isShared,
      version: number,
      definition: version.definition,
      library,
    });
    return { ...version, ...idOf(owner) };
  }

  const step = (owner: Owner, name: string, action: string): Omit<Step, 'writes'> => ({
    ...{ ref: name, action, target: name, follows: ['templates'] },
    note: owner.tenant === undefined ? {} : { tenant: owner.tenant.slug },
  });

  return {
    usesOf: (name, spec) => usedNames(form.toDefinition(name, spec)),
    async list(owner, { limit, cursor }) {
      const all: (Present & { name: string })[] = [];
      const page = await store.templates.list({
        ...idOf(owner),
        filter: {},
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      for (const { name, shared, kind } of page.items) {
        if (shared !== (owner.tenant === undefined) || !form.kinds.includes(kind)) continue;
        const found = await own(owner, name);
        if (found !== undefined) all.push(presentOf(found));
      }
      return { items: all, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    },
    async find(owner, ref) {
      const found = await own(owner, ref);
      return found && presentOf(found);
    },
    async add(input) {
      const version = await drawn(input);
      return {
        ...step(input.owner, input.name, 'template.add'),
        writes: [{ verb: 'templates.add', input: { ...version, max: MAX_TEMPLATES } }],
      };
    },
    async set({ owner, present: { ref: name, spec: before }, spec, changes, run }) {
      const whole = wholeSpec({ before, changes, spec });
      // Sources of the other syntax, which no manifest sets, mean nothing in this one.
      const isCarried = (await own(owner, name))?.syntax === form.toDefinition(name, whole).syntax;
      const version = await drawn({ owner, name, spec: isCarried ? whole : spec, run });
      return {
        ...step(owner, name, 'template.set'),
        writes: [{ verb: 'templates.put', input: { ...version, keep: KEPT_VERSIONS } }],
      };
    },
    async stands({ owner, name, run }) {
      const next = run.templates.get(templateKey(owner.tenant, name))?.definition;
      if (next === undefined || owner.isNew) return;
      const beside = [...run.templates].flatMap(([key, { definition }]) =>
        key === templateKey(owner.tenant, definition.name) ? [definition] : [],
      );
      await templates.holdTogether({ tenant: owner.tenant, name, next, beside });
    },
    remove: async ({ owner, present: { ref: name } }) => ({
      ...step(owner, name, 'template.remove'),
      writes: [{ verb: 'templates.remove', input: { ...idOf(owner), name, force: false } }],
    }),
  };
}

function idOf({ tenant }: Owner): { tenantId?: string } {
  return tenant === undefined ? {} : { tenantId: tenant.id };
}
