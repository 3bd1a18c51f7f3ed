/**
 * Variables put into subject, htmlBody and textBody, and a text made where there is only HTML. Runs in the thread that a
 * message is rendered in: the thread for templates, or the one that asks where nothing is dear.
 */

import type { Parts, Rendered } from '../../core/message.ts';
import type { RenderLimits } from './limits.ts';
import { TemplateError } from './template-error.ts';
import type { Templates } from './templates.ts';

/** What is to be rendered. Without variables nothing in it is a template. */
export interface Work {
  readonly subject: string;
  readonly html?: string;
  readonly text?: string;
  readonly variables?: Parts['variables'];
  /** Address of who gets it. */
  readonly recipient: string;
  /** Of `ShownLinks`, those that there are. */
  readonly links?: Readonly<Record<string, string>>;
}

/** Links of ours that are another for each recipient. */
export interface ShownLinks {
  readonly unsubscribeUrl?: string | undefined;
  readonly preferencesUrl?: string | undefined;
}

export type Filled =
  /** `isPersonal`: it says who gets it, so that another recipient's copy is another. */
  | { readonly ok: true; readonly rendered: Rendered; readonly isPersonal?: true }
  /** The template is at fault. */
  | { readonly ok: false; readonly reason: string };

export type Fill = (work: Work) => Promise<Filled>;

export function createFill(limits: RenderLimits): Fill {
  // Handlebars and the HTML parser load with the first message that needs them.
  let templates: Promise<Templates> | undefined;
  const loadTemplates = () => {
    templates ??= import('./templates.ts').then(({ createTemplates }) => createTemplates(limits));
    return templates;
  };

  return async (work) => {
    if (!isTemplate(work)) return { ok: true, rendered: await withText(work.variables ? plain(work) : work) };
    try {
      const { isPersonal, ...filled } = filledIn(await loadTemplates(), work);
      if (filled.subject.length > limits.maxSubjectLength) {
        return { ok: false, reason: `subject: gives more than ${limits.maxSubjectLength} characters` };
      }
      return { ok: true, rendered: await withText(filled), ...(isPersonal && { isPersonal }) };
    } catch (error) {
      if (error instanceof TemplateError) return { ok: false, reason: error.message };
      throw error;
    }
  };
}

/** Whether there is anything to put variables into. */
export function isTemplate({ subject, html, text, variables }: Omit<Work, 'recipient'>): boolean {
  return variables !== undefined && [subject, html, text].some((part) => part?.includes('{{'));
}

function filledIn({ renderHtml, renderText }: Templates, work: Work): Rendered & { isPersonal: boolean } {
  const { subject, html, text, recipient, links } = work;
  let isPersonal = false;
  const system = {
    ...links,
    get recipient() {
      isPersonal = true;
      return recipient;
    },
  };
  // A caller's own variable of this name is the caller's.
  const variables = { system, ...work.variables };
  const rendered = plain({
    subject: inField('subject', () => renderText(subject, variables)),
    ...(html !== undefined && { html: inField('htmlBody', () => renderHtml(html, variables)) }),
    ...(text !== undefined && { text: inField('textBody', () => renderText(text, variables)) }),
  });
  return { ...rendered, isPersonal };
}

/** A line break that comes out of a variable would end the header field. */
function plain({ subject, ...rest }: Rendered): Rendered {
  return { ...rest, subject: subject.replace(/\p{Cc}+/gu, ' ') };
}

function inField(field: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw new TemplateError(`${field}: ${error.message}`);
    throw error;
  }
}

/** A text is made of the HTML where there is none. */
export async function withText({ subject, html, text }: Rendered): Promise<Rendered> {
  if (html === undefined || text !== undefined) {
    return { subject, ...(html !== undefined && { html }), ...(text !== undefined && { text }) };
  }
  const { textFromHtml } = await import('./text-from-html.ts');
  const made = textFromHtml(html);
  return { subject, html, ...(made !== '' && { text: made }) };
}
