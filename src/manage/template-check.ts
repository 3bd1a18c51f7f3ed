/**
 * Whether templates go on together: those that are about to be stored, published or removed, and those that are made with them.
 * A layout that lost a block would otherwise be noticed by the first mail that fails.
 */

import { type FieldError, fieldErrorText, IepError } from '../core/errors.ts';
import type { TemplateDefinition, TemplateFault } from '../core/template.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { TemplateDependent } from '../db/verbs/templates.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { NotNow } from '../message/render/rendering-thread.ts';
import type { TemplateEngine } from '../message/render/template-engine.ts';
import type { TemplateFailure } from '../message/render/template-job.ts';
import { gatherLibrary } from './template-library.ts';

/** A fault, and the template that it is in. */
export interface FoundFault extends TemplateFault {
  readonly template: string;
}

export interface TemplateCheck {
  /** What would be wrong if these were stored together: of themselves, and where `publish` of those that are made with them. */
  faultsOf(input: {
    readonly tenant: Tenant | undefined;
    readonly definitions: readonly TemplateDefinition[];
    readonly publish: boolean;
    /** Those that are made with them may break. */
    readonly force: boolean;
  }): Promise<readonly FoundFault[]>;
  /** Refuses with `template_invalid` where what is made with one of this name could not be rendered with `next` in its place. */
  holdTogether(input: {
    readonly tenant: Tenant | undefined;
    readonly name: string;
    /** Undefined: it goes, and a shared one of its name comes in its place. */
    readonly next: TemplateDefinition | undefined;
    /** Others of the owner that change with it, and were checked. */
    readonly beside?: readonly TemplateDefinition[];
  }): Promise<void>;
}

export interface TemplateCheckDeps {
  readonly store: StorePart<'templates.published' | 'templates.madeWith'>;
  readonly templateEngine: Pick<TemplateEngine, 'check'>;
}

type Planned = ReadonlyMap<string, TemplateDefinition>;

/** Templates that are made with a changed one and looked at; each takes a turn in the thread that renders. */
const MAX_USES = 200;
const MAX_FAULTS = 100;

export function createTemplateCheck({ store, templateEngine }: TemplateCheckDeps): TemplateCheck {
  async function check(
    owner: string,
    definition: TemplateDefinition,
    library: readonly TemplateDefinition[],
  ): Promise<readonly TemplateFault[]> {
    const checked = await templateEngine.check(owner, { definition, library });
    if (checked.ok) return checked.faults;
    if ('later' in checked) throw renderingBusy(checked);
    return failureFaults(checked);
  }

  const published = (owner: string, names: readonly string[]) =>
    store.templates.published({ ...(owner !== '' && { tenantId: owner }), names });

  /** Of those that are made with any of these names, what goes wrong only now. */
  async function broken(
    owner: string,
    { names, planned }: { readonly names: readonly string[]; readonly planned: Planned },
  ): Promise<readonly { readonly use: TemplateDependent; readonly fault: TemplateFault }[]> {
    const seen = new Set<string>();
    const found: { use: TemplateDependent; fault: TemplateFault }[] = [];
    for (const name of names) {
      const uses = await store.templates.madeWith({ ...(owner !== '' && { tenantId: owner }), name, limit: MAX_USES });
      for (const use of uses) {
        const { tenantId: user = '', definition, library } = use;
        const key = `${user} ${definition.name}`;
        if (seen.has(key) || (user === owner && planned.has(definition.name))) continue;
        seen.add(key);
        const next = await gatherLibrary(definition, {
          planned: (one) => planned.get(one),
          stored: (wanted) => published(user, wanted),
        });
        const faults = await check(user, definition, next);
        if (faults.length === 0 || (await check(user, definition, library)).length > 0) continue;
        found.push(...faults.map((fault) => ({ use, fault })));
        if (found.length >= MAX_FAULTS) return found;
      }
    }
    return found;
  }

  return {
    async faultsOf({ tenant, definitions, publish, force }) {
      const owner = tenant?.id ?? '';
      const planned = new Map(publish ? definitions.map((one) => [one.name, one]) : []);
      const faults: FoundFault[] = [];
      for (const definition of definitions) {
        const library = await gatherLibrary(definition, {
          planned: (name) => planned.get(name),
          stored: (names) => published(owner, names),
        });
        const own = await check(owner, definition, library);
        faults.push(...own.map((fault) => ({ ...fault, template: definition.name })));
        if (faults.length >= MAX_FAULTS) return faults.slice(0, MAX_FAULTS);
      }
      if (faults.length > 0 || force) return faults;
      const names = [...planned.keys()];
      const others = await broken(owner, { names, planned });
      return others.map(({ use, fault }) => ({ ...fault, template: use.definition.name }));
    },
    async holdTogether({ tenant, name, next, beside = [] }) {
      const owner = tenant?.id ?? '';
      const isShared = next === undefined && owner !== '';
      const instead = isShared ? (await published('', [name])).find((one) => one.name === name) : next;
      // Without a shared one in its place the store refuses to remove what others are made with.
      if (instead === undefined) return;
      const planned = new Map([...beside, instead].map((one) => [one.name, one]));
      const faults = await broken(owner, { names: [name], planned });
      if (faults.length > 0) throw breaks(name, faults);
    },
  };
}

/** What a failed check says is wrong. */
export function failureFaults({ faults, reason }: TemplateFailure): readonly TemplateFault[] {
  return faults ?? [{ path: '', message: reason }];
}

export function renderingBusy({ reason }: NotNow): IepError {
  return new IepError('rendering_busy', reason, { retryAfterMs: 5_000 });
}

function breaks(
  name: string,
  found: readonly { readonly use: TemplateDependent; readonly fault: TemplateFault }[],
): IepError {
  const names = new Set(found.map(({ use }) => use.definition.name));
  const [first = ''] = names;
  const who = names.size === 1 ? `${first} is made with it` : `${names.size} templates are made with it`;
  const errors = found.map(({ use, fault }): FieldError => {
    const path = [use.definition.name, fault.path].filter((part) => part !== '').join(': ');
    return { path: '', message: fieldErrorText({ ...fault, path }) };
  });
  const [{ message: only = '' } = {}] = errors;
  return new IepError(
    'template_invalid',
    `${name}: ${who}, and could not be rendered any more${errors.length === 1 ? `: ${only}` : ''}`,
    {
      errors,
      extra: {
        hint: 'Change them together, by `iep template push`, or say that they may break: `--force`, `"force": true`.',
      },
    },
  );
}
