/** Stored templates for all who use them: everything that a template's text decides is done in the thread that renders. */

import type { TemplateDefinition, TemplateInput } from '../../core/template.ts';
import type { MjmlToHtml } from '../templates/mjml.ts';
import type { NotNow, RenderingThread } from './rendering-thread.ts';
import { createTemplateJobs, type TaskAnswers, type TemplateFailure, type TemplateJob } from './template-job.ts';

export interface TemplateEngine {
  /** No faults: it may be stored. `library`: the layouts and partials that it names (`usedNames`), and those that these name. */
  check(
    tenantId: string,
    checked: { readonly definition: TemplateDefinition; readonly library: readonly TemplateDefinition[] },
  ): Promise<TaskAnswers['check'] | TemplateFailure | NotNow>;
  /** For variables as `checkVariables` gives them. */
  render(tenantId: string, input: TemplateInput): Promise<TaskAnswers['render'] | TemplateFailure | NotNow>;
  preview(tenantId: string, input: TemplateInput): Promise<TaskAnswers['preview'] | TemplateFailure | NotNow>;
}

/**
 * `threads.mjml`: that of templates of MJML, whose compiler takes 140 MB, so that it is loaded with the first of them alone. Without
 * threads all is done where it is asked for, which is right where nobody else waits.
 */
export function createTemplateEngine(threads?: {
  readonly plain: RenderingThread;
  readonly mjml: RenderingThread;
}): TemplateEngine {
  const here = createTemplateJobs(compileHere);
  const run = async <Task extends TemplateJob['task']>(
    tenantId: string,
    job: TemplateJob & { readonly task: Task },
  ): Promise<TaskAnswers[Task] | TemplateFailure | NotNow> => {
    if (threads === undefined) return (await here.run(job)) as TaskAnswers[Task] | TemplateFailure;
    const { definition, library } = 'input' in job ? job.input : job;
    const isMjml = [definition, ...library].some(({ mjml }) => mjml === true);
    return (await (isMjml ? threads.mjml : threads.plain).run(tenantId, job)) as TaskAnswers[Task] | TemplateFailure;
  };
  return {
    check: (tenantId, checked) => run(tenantId, { task: 'check', ...checked }),
    render: (tenantId, input) => run(tenantId, { task: 'render', input }),
    preview: (tenantId, input) => run(tenantId, { task: 'preview', input }),
  };
}

/** The compiler is large; only a command loads it into its own thread, and only for a template of MJML. */
const compileHere: MjmlToHtml = async (source) => {
  const { compileMjml } = await import('../templates/compile-mjml.ts');
  return compileMjml(source);
};
