/** A folder of templates brought to the platform: what would change, then the changes, what others are made with first. */

import { fieldErrorText, IepError } from '../core/errors.ts';
import type { TemplateDefinition } from '../core/template.ts';
import { templateBody, toDefinition } from '../manage/template-schema.ts';
import type { Client } from './client/client.ts';
import type { PageJson, TemplateFaultsJson, TemplateJson, TemplateRowJson } from './client/wire.ts';
import { inOrder } from './template-folder.ts';

/** `publish`: the content is that of the last version, and another one is published. */
export type PlannedChange = 'create' | 'update' | 'publish' | 'unchanged' | 'remove';

export interface PlannedTemplate {
  readonly name: string;
  readonly change: PlannedChange;
  /** Absent of one to remove. */
  readonly definition?: TemplateDefinition;
}

export interface PushOptions {
  /** Those of the operator, for every tenant. */
  readonly shared: boolean;
  readonly publish: boolean;
  /** Removes what the folder lacks. */
  readonly prune: boolean;
  /** What is made with these, and is not among them, may break. */
  readonly force: boolean;
}

const PATH = '/v1/templates';
const PAGE = 500;

export function templatePath(name: string, rest = ''): string {
  return `${PATH}/${encodeURIComponent(name)}${rest}`;
}

/** Those that belong to whom the push is for. */
export async function ownTemplates(client: Client, shared: boolean): Promise<readonly TemplateRowJson[]> {
  return (await allTemplates(client, shared)).filter((one) => one.shared === shared);
}

/** All that a tenant sees; with `shared` the operator's alone. */
export async function allTemplates(client: Client, shared: boolean): Promise<readonly TemplateRowJson[]> {
  const found: TemplateRowJson[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: PAGE, shared: shared ? 'true' : 'false', ...(cursor !== null && { cursor }) };
    const page: PageJson<TemplateRowJson> = await client.json('GET', PATH, { query });
    found.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== null);
  return found;
}

export async function versionOf(
  client: Client,
  { name, version, shared }: { readonly name: string; readonly version: number; readonly shared: boolean },
): Promise<TemplateDefinition> {
  const query = { shared: shared ? 'true' : 'false' };
  return definitionIn(await client.json<TemplateJson>('GET', templatePath(name, `/versions/${version}`), { query }));
}

/** What a call answered, in the form in which versions are compared. */
export function definitionIn(said: TemplateJson): TemplateDefinition {
  const {
    name,
    kind,
    syntax,
    category,
    description,
    layout,
    mjml,
    subject,
    html,
    text,
    preheader,
    variables,
    locales,
  } = said;
  const all = {
    name,
    kind,
    syntax,
    category,
    description,
    layout,
    mjml,
    subject,
    html,
    text,
    preheader,
    variables,
    locales,
  };
  return toDefinition(templateBody.parse(withoutNulls(all)));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [[name, withoutNulls(member)]])),
  );
}

export async function planPush(
  client: Client,
  definitions: readonly TemplateDefinition[],
  { shared, publish, prune }: PushOptions,
): Promise<readonly PlannedTemplate[]> {
  const known = new Map((await ownTemplates(client, shared)).map((one) => [one.name, one]));
  const planned: PlannedTemplate[] = [];
  for (const definition of definitions) {
    const { name } = definition;
    const row = known.get(name);
    known.delete(name);
    planned.push({ name, definition, change: await changeOf(row, definition) });
  }
  if (!prune) return planned;
  const surplus: TemplateDefinition[] = [];
  for (const { name, latest: version } of known.values())
    surplus.push(await versionOf(client, { name, version, shared }));
  // What is made with others goes before them.
  return [
    ...planned,
    ...inOrder(surplus)
      .toReversed()
      .map(({ name }): PlannedTemplate => ({ name, change: 'remove' })),
  ];

  async function changeOf(row: TemplateRowJson | undefined, definition: TemplateDefinition): Promise<PlannedChange> {
    if (row === undefined) return 'create';
    const last = await versionOf(client, { name: row.name, version: row.latest, shared });
    if (JSON.stringify(last) !== JSON.stringify(definition)) return 'update';
    return publish && row.published !== row.latest ? 'publish' : 'unchanged';
  }
}

/** Refuses with `template_invalid`, with all that is wrong, where the changes could not be rendered together. */
export async function checkPush(
  client: Client,
  changes: readonly PlannedTemplate[],
  { shared, publish, force }: PushOptions,
): Promise<void> {
  const templates = changes.flatMap(({ definition }) => (definition === undefined ? [] : [definition]));
  if (templates.length === 0) return;
  const json = { templates, shared, publish, force };
  const { faults } = await client.json<TemplateFaultsJson>('POST', `${PATH}/check`, { json });
  const errors = faults.map(({ template, path, message, line, column }) => ({
    ...{ path: [template, path].filter((part) => part !== '').join(': '), message },
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  }));
  const [first, second] = errors;
  if (first === undefined) return;
  throw new IepError('template_invalid', second === undefined ? fieldErrorText(first) : undefined, {
    errors,
    extra: { hint: 'Correct what is named, at the line and column, and push again: nothing was stored.' },
  });
}

export interface PushedTemplate {
  readonly name: string;
  readonly change: PlannedChange;
  /** The version that it has now; null where it was removed. */
  readonly version: number | null;
}

export async function carryOut(
  client: Client,
  { name, change, definition }: PlannedTemplate,
  { shared, publish }: PushOptions,
): Promise<PushedTemplate> {
  if (definition === undefined) {
    await client.call('DELETE', templatePath(name), { query: { shared: String(shared) } });
    return { name, change, version: null };
  }
  // What belongs together was checked together; between two of its calls it need not fit.
  const json = { ...definition, shared, publish, force: true };
  const stored =
    change === 'create'
      ? await client.json<TemplateJson>('POST', PATH, { json })
      : await client.json<TemplateJson>('PUT', templatePath(name), { json });
  return { name, change, version: stored.version };
}
