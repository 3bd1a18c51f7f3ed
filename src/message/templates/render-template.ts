/** What a template gives for its values: subject, HTML and text. */

import type { Json, Rendered } from '../../core/message.ts';
import type { TemplateInput, TemplateSystem, TemplateWarning } from '../../core/template.ts';
import type { Compile, CompiledTemplate } from './compile.ts';
import type { ContentField } from './content.ts';
import { createHtmlSink, createTextSink, type Sink, withPreheader } from './html/sink.ts';
import { createMarkedSink } from './marked-sink.ts';
import { createMeter, defaultRunLimits, type RunLimits, runTemplate } from './run.ts';
import { type PrintNode, SourceFault } from './tree.ts';

const MAX_SUBJECT_LENGTH = 2000;

export type TemplateResult =
  /** `text` is absent where the template has none; `blocked`: URLs that led where no mail may lead. */
  | {
      readonly ok: true;
      readonly rendered: Rendered;
      /** It says who gets it, so that another recipient's copy is another. */
      readonly isPersonal?: true;
      readonly blocked: readonly TemplateWarning[];
    }
  | { readonly ok: false; readonly reason: string };

export function renderCompiled(
  compiled: CompiledTemplate,
  input: TemplateInput,
  limits: RunLimits = defaultRunLimits,
): TemplateResult {
  const [fault] = compiled.faults;
  if (fault !== undefined) return { ok: false, reason: inWords(fault) };
  const blocked: PrintNode[] = [];
  try {
    const meter = createMeter(limits);
    let isPersonal = false as boolean;
    const system = watched(input.system, () => {
      isPersonal = true;
    });
    const data = { ...input.variables, brand: (input.brand ?? {}) as Json, system };
    const run = (field: ContentField, sink: Sink = createTextSink()) => {
      const linked = compiled.fields[field];
      return (
        linked && inField(field, () => runTemplate({ ...linked, data, locale: input.locale ?? 'en', sink, meter }))
      );
    };
    const subject = (run('subject') ?? '').replace(/\p{Cc}+/gu, ' ').trim();
    if (subject.length > MAX_SUBJECT_LENGTH)
      throw new SourceFault(`subject: it gives more than ${MAX_SUBJECT_LENGTH} characters`);
    const { text: asText } = compiled.fields;
    const isAlone = input.isMarked && asText !== undefined;
    const html = isAlone
      ? undefined
      : run(
          'html',
          createHtmlSink((node) => blocked.push(node)),
        );
    const preheader = html === undefined ? undefined : run('preheader');
    const text = run('text', isAlone ? createMarkedSink(asText.nodes) : undefined);
    const rendered = {
      subject,
      ...(html !== undefined && { html: withPreheader(html, preheader ?? '') }),
      ...(text !== undefined && { text }),
    };
    return { ok: true, rendered, ...(isPersonal && { isPersonal }), blocked: blocked.map(asWarning) };
  } catch (error) {
    if (error instanceof SourceFault) return { ok: false, reason: inWords({ message: error.message, ...error.place }) };
    if (error instanceof RangeError)
      return { ok: false, reason: 'its values are too large, or too deep in one another' };
    throw error;
  }
}

/** What is another for each recipient. */
const PERSONAL = ['recipient', 'unsubscribeUrl', 'preferencesUrl', 'viewUrl', 'acknowledgeUrl'];

/** `looked` is told when the template looks at what is personal. */
function watched(system: TemplateSystem, looked: () => void): Json {
  const made = {};
  for (const [name, value] of Object.entries(system)) {
    const get = () => {
      if (PERSONAL.includes(name)) looked();
      return value;
    };
    Object.defineProperty(made, name, { get, enumerable: true });
  }
  return made;
}

/** Compiles, or finds what was compiled, and renders. */
export async function renderTemplate(compile: Compile, input: TemplateInput): Promise<TemplateResult> {
  return renderCompiled(await compile(input as TemplateInput & { locale: string | undefined }), input);
}

function inField<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SourceFault && error.place.source === undefined) {
      throw new SourceFault(error.message, { ...error.place, source: field });
    }
    throw error;
  }
}

function inWords(fault: { message: string; path?: string; source?: string; line?: number; column?: number }): string {
  const { message, line, column } = fault;
  const where = fault.path ?? fault.source;
  const at = line === undefined ? '' : `, line ${line}${column === undefined ? '' : `, column ${column}`}`;
  return where === undefined ? message : `${where}${at}: ${message}`;
}

function asWarning({ place }: PrintNode): TemplateWarning {
  const message = 'a link or picture led to something else than http, https or mailto, and was replaced by #';
  return { code: 'url_blocked', message, line: place.line };
}
