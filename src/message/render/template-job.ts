/** Work on stored templates, as the thread does it: render one, preview it, or find what is wrong with it. */

import { marked } from '../../core/marked-text.ts';
import type { Rendered } from '../../core/message.ts';
import type {
  TemplateDefinition,
  TemplateFault,
  TemplateInput,
  TemplatePreview,
  TemplateWarning,
} from '../../core/template.ts';
import type { MjmlToHtml } from '../templates/mjml.ts';
import { withText } from './fill.ts';

export type TemplateJob =
  | { readonly task: 'render'; readonly input: TemplateInput }
  | { readonly task: 'preview'; readonly input: TemplateInput }
  | {
      readonly task: 'check';
      readonly definition: TemplateDefinition;
      readonly library: readonly TemplateDefinition[];
    };

/** What each task answers where it succeeds. */
export interface TaskAnswers {
  /** `isPersonal`: it says who gets it, so that another recipient's copy is another. */
  readonly render: { readonly ok: true; readonly rendered: Rendered; readonly isPersonal?: true };
  readonly preview: { readonly ok: true; readonly preview: TemplatePreview };
  readonly check: { readonly ok: true; readonly faults: readonly TemplateFault[] };
}

/** `faults`: of the template itself, before any value was put in. */
export interface TemplateFailure {
  readonly ok: false;
  readonly reason: string;
  readonly faults?: readonly TemplateFault[];
}

export type TemplateAnswer = TaskAnswers[TemplateJob['task']] | TemplateFailure;

export interface TemplateJobs {
  run(job: TemplateJob): Promise<TemplateAnswer>;
  /** What the compiled templates that are kept hold in memory. */
  cachedBytes(): number;
}

/** `mjml`: what compiles MJML, where the thread may. */
export function createTemplateJobs(mjml?: MjmlToHtml): TemplateJobs {
  // What reads templates is loaded with the first of them.
  let loading: ReturnType<typeof load> | undefined;
  let cachedBytes = () => 0;
  const load = async () => {
    const [{ createCompile }, { renderCompiled }, { checkTemplate }, { warningsOf }] = await Promise.all([
      import('../templates/compile.ts'),
      import('../templates/render-template.ts'),
      import('../templates/check-template.ts'),
      import('../templates/warnings.ts'),
    ]);
    const compiler = createCompile(mjml);
    cachedBytes = compiler.cachedBytes;
    return { compile: compiler.compile, renderCompiled, checkTemplate, warningsOf };
  };

  const run = async (job: TemplateJob): Promise<TemplateAnswer> => {
    loading ??= load();
    const { compile, renderCompiled, checkTemplate, warningsOf } = await loading;
    if (job.task === 'check') return { ok: true, faults: await checkTemplate(compile, job) };
    const { input } = job;
    const { definition, library, locale } = input;
    const compiled = await compile({ definition, library, locale });
    const result = renderCompiled(compiled, input);
    if (!result.ok) return { ...result, ...(compiled.faults.length > 0 && { faults: compiled.faults }) };
    const rendered = await textOf(result.rendered, input);
    if (job.task === 'render') return { ok: true, rendered, ...(result.isPersonal && { isPersonal: true }) };
    const warnings = [...warningsOf({ definition, compiled, html: rendered.html }), ...result.blocked];
    return { ok: true, preview: shown(rendered, warnings) };
  };
  return { run, cachedBytes: () => cachedBytes() };
}

/** What was made of HTML is all value. */
async function textOf(rendered: Rendered, { isMarked }: TemplateInput): Promise<Rendered> {
  const made = await withText(rendered);
  const isMade = isMarked && rendered.text === undefined && made.text !== undefined;
  return isMade ? { ...made, text: marked(made.text) } : made;
}

function shown({ subject, html = '', text = '' }: Rendered, warnings: readonly TemplateWarning[]): TemplatePreview {
  return { subject, html, text, warnings, sizeBytes: Buffer.byteLength(html) };
}
