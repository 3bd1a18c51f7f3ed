/** Templates as a run leaves them: those that it makes, and those that are stored. */

import type { TemplateDefinition } from '../../core/template.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { ResolvedTemplate } from '../../db/verbs/templates.ts';
import { gatherLibrary } from '../template-library.ts';
import { type Owner, type Run, templateKey } from './kind.ts';

export type SeenTemplates = StorePart<'templates.get' | 'templates.published' | 'templates.resolve'>;

export interface SeenBy {
  readonly owner: Owner;
  readonly run: Pick<Run, 'templates'>;
}

/** The layouts and partials of a template, and theirs. */
export function libraryOf(
  store: SeenTemplates,
  definition: TemplateDefinition,
  by: SeenBy,
): Promise<readonly TemplateDefinition[]> {
  return gatherLibrary(definition, {
    planned: async (name) => (await plannedBy(store, name, by))?.definition,
    stored: (names) => store.templates.published({ ...storedFor(by.owner), names }),
  });
}

/** What a message of this run is made of; undefined where that is stored already, or is not there. */
export async function plannedTemplate(
  store: SeenTemplates,
  name: string,
  by: SeenBy,
): Promise<ResolvedTemplate | undefined> {
  const planned = await plannedBy(store, name, by);
  const isOfRun = planned !== undefined || by.owner.isNew || by.run.templates.size > 0;
  const found = isOfRun ? (planned ?? (await store.templates.resolve({ ...storedFor(by.owner), name }))) : undefined;
  return found && { ...found, library: await libraryOf(store, found.definition, by) };
}

/** A tenant's own hides the shared one, whichever of them the run makes. */
async function plannedBy(
  store: SeenTemplates,
  name: string,
  { owner, run }: SeenBy,
): Promise<ResolvedTemplate | undefined> {
  const own = run.templates.get(templateKey(owner.tenant, name));
  const shared = run.templates.get(templateKey(undefined, name));
  if (own !== undefined || shared === undefined) return own;
  const found = await store.templates.get({ ...storedFor(owner), name });
  return found?.shared === false && owner.tenant !== undefined ? undefined : shared;
}

/** Whose stored templates it sees: a tenant that is not there yet, the shared ones. */
function storedFor({ tenant, isNew }: Owner): { readonly tenantId?: string } {
  return tenant === undefined || isNew ? {} : { tenantId: tenant.id };
}
