/**
 * Makes of a template what is run: read, linked, its CSS inlined, and looked over. That is done once for each version and locale; what
 * is kept is bounded by what it holds.
 */

import type { TemplateDefinition, TemplateFault, TemplateLibrary } from '../../core/template.ts';
import { type ContentField, contentIn, fields } from './content.ts';
import { inlineCss } from './css/inline-css.ts';
import { checkPlaces, type Uses, usesOf } from './inspect.ts';
import { type Linked, layoutsOf, linkField } from './link.ts';
import { linkMjml, type MjmlToHtml } from './mjml.ts';
import { everyNode, type Place, SourceFault } from './tree.ts';

export interface CompileInput {
  readonly definition: TemplateDefinition;
  readonly library: TemplateLibrary;
  readonly locale: string | undefined;
}

export interface CompiledTemplate {
  readonly fields: Readonly<Partial<Record<ContentField, Linked>>>;
  /** Of each field. */
  readonly uses: Readonly<Partial<Record<ContentField, Uses>>>;
  /** Not empty: it cannot be rendered. */
  readonly faults: readonly TemplateFault[];
  /** What it holds in memory. */
  readonly bytes: number;
}

/** `mjml`: absent where none is compiled; a template of MJML is a fault then. */
export async function compileTemplate(input: CompileInput, mjml?: MjmlToHtml): Promise<CompiledTemplate> {
  const linked: Partial<Record<ContentField, Linked>> = {};
  const uses: Partial<Record<ContentField, Uses>> = {};
  const faults: TemplateFault[] = [];
  for (const field of fields) {
    try {
      const made = linkField(field, { ...input, alone: input.definition.kind !== 'template' });
      if (made === undefined) continue;
      uses[field] = usesOf(made.nodes);
      linked[field] = field === 'html' ? await finishedHtml(made, input, mjml) : made;
      if (field === 'html') checkRaw(input.definition, uses[field]);
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      faults.push(asFault(error, { field, input }));
    }
  }
  return { fields: linked, uses, faults, bytes: bytesOf(linked) };
}

async function finishedHtml(
  made: Linked,
  { definition, library }: CompileInput,
  mjml: MjmlToHtml | undefined,
): Promise<Linked> {
  if (definition.kind === 'partial') {
    if (definition.mjml !== true) checkPlaces(made.nodes, { ends: false });
    return made;
  }
  const isMjml = layoutsOf(definition, library).some((one) => one.mjml === true);
  const nodes = isMjml ? await linkMjml(made.nodes, mjml) : inlineCss(made.nodes);
  checkPlaces(nodes, { ends: true });
  return { ...made, nodes };
}

function checkRaw({ variables }: TemplateDefinition, { raw }: Uses): void {
  for (const { variable, place } of raw) {
    const declared = variables.find(({ name }) => name === variable);
    if (declared?.raw === true) continue;
    const what = variable === undefined ? 'a value that is no variable' : `"${variable}"`;
    const cure = declared === undefined ? 'declare the variable with "raw": true' : 'give the variable "raw": true';
    throw new SourceFault(`${what} is printed as HTML without being escaped; ${cure}, or print it escaped`, place);
  }
}

/** Faults name a field of the template; what is in another one is said. */
function asFault(error: SourceFault, { field, input }: { field: ContentField; input: CompileInput }): TemplateFault {
  const { source, line, column }: Partial<Place> = error.place;
  const path = contentIn(input.definition, input.locale)[field]?.path ?? field;
  const isOwn = source === undefined || source === path || source === 'layout';
  return {
    path: isOwn && source !== undefined ? source : path,
    message: isOwn ? error.message : `${source}: ${error.message}`,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
}

/** Measured: a node with its expression takes up to some 500 bytes. */
const BYTES_A_NODE = 512;

function bytesOf(linked: Readonly<Partial<Record<ContentField, Linked>>>): number {
  let bytes = 0;
  for (const one of Object.values(linked)) {
    for (const node of everyNode(one.nodes)) bytes += BYTES_A_NODE + (node.kind === 'text' ? 2 * node.text.length : 0);
  }
  return bytes;
}

export type Compile = (input: {
  readonly definition: TemplateDefinition;
  readonly library: readonly TemplateDefinition[];
  readonly locale: string | undefined;
}) => Promise<CompiledTemplate>;

export interface Compiler {
  readonly compile: Compile;
  /** What all that it keeps holds in memory. */
  cachedBytes(): number;
}

const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;

/** Keeps what was used last, up to what all of them hold together. */
export function createCompile(mjml?: MjmlToHtml, maxBytes: number = DEFAULT_CACHE_BYTES): Compiler {
  const cached = new Map<string, CompiledTemplate>();
  let bytes = 0;
  const compile: Compile = async ({ definition, library, locale }) => {
    const key = [definition, ...library].map(keyOf).join('') + (locale ?? '');
    const found = cached.get(key);
    const named = new Map(library.map((one) => [one.name, one]));
    const compiled = found ?? (await compileTemplate({ definition, library: (name) => named.get(name), locale }, mjml));
    if (found === undefined) bytes += compiled.bytes + 2 * key.length;
    cached.delete(key);
    cached.set(key, compiled);
    for (const [oldest, { bytes: held }] of cached) {
      if (bytes <= maxBytes) break;
      cached.delete(oldest);
      bytes -= held + 2 * oldest.length;
    }
    return compiled;
  };
  return { compile, cachedBytes: () => bytes };
}

/** All that compiling looks at. */
function keyOf({ name, kind, syntax, layout, mjml, variables, locales, ...content }: TemplateDefinition): string {
  const raw = variables.filter((one) => one.raw === true).map((one) => one.name);
  const parts = [name, kind, syntax, layout, String(mjml), ...raw, '\0'];
  const contents = [content, ...Object.values(locales)].flatMap((one) => [
    one.subject,
    one.preheader,
    one.html,
    one.text,
  ]);
  return [...parts, ...Object.keys(locales), ...contents].map((one) => `${one?.length ?? '-'}:${one ?? ''}`).join('');
}
