/**
 * From what the caller submitted to what is sent: variables put into subject, htmlBody and textBody, and a text made where
 * there is only HTML. The same message always renders to the same text, or fails for the same reason, for good.
 */

import type { Message, Parts, Rendered } from '../core/message.ts';
import { defaultRenderLimits, type RenderLimits } from './limits.ts';
import { TemplateError } from './template-error.ts';
import type { Templates } from './templates.ts';

export type RenderResult =
  /** `rendered` is absent for a raw message. `changed`: variables were put in, and the result is worth storing. */
  | { readonly ok: true; readonly rendered?: Rendered; readonly changed: boolean }
  /** The template is at fault. */
  | { readonly ok: false; readonly reason: string };

export type Render = (message: Message) => Promise<RenderResult>;

export function createRender(limits: RenderLimits = defaultRenderLimits): Render {
  // Handlebars and the HTML parser load with the first message that needs them.
  let templates: Promise<Templates> | undefined;
  const loadTemplates = () => {
    templates ??= import('./templates.ts').then(({ createTemplates }) => createTemplates(limits));
    return templates;
  };

  return async ({ subject, content }) => {
    if (content.kind === 'raw') return { ok: true, changed: false };
    const { variables } = content;
    if (variables === undefined) return { ok: true, rendered: await withText(subject, content), changed: false };
    try {
      const filled = fill(await loadTemplates(), { subject, content, variables });
      if (filled.subject.length > limits.maxSubjectLength) {
        return { ok: false, reason: `subject: gives more than ${limits.maxSubjectLength} characters` };
      }
      return { ok: true, rendered: await withText(filled.subject, filled), changed: true };
    } catch (error) {
      if (error instanceof TemplateError) return { ok: false, reason: error.message };
      throw error;
    }
  };
}

function fill(
  { renderHtml, renderText }: Templates,
  { subject, content, variables }: { subject: string; content: Parts; variables: NonNullable<Parts['variables']> },
): Rendered {
  const { html, text } = content;
  return {
    // A line break that comes out of a variable would end the header field.
    subject: inField('subject', () => renderText(subject, variables)).replace(/\p{Cc}+/gu, ' '),
    ...(html !== undefined && { html: inField('htmlBody', () => renderHtml(html, variables)) }),
    ...(text !== undefined && { text: inField('textBody', () => renderText(text, variables)) }),
  };
}

function inField(field: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw new TemplateError(`${field}: ${error.message}`);
    throw error;
  }
}

async function withText(subject: string, { html, text }: { html?: string; text?: string }): Promise<Rendered> {
  if (html === undefined || text !== undefined) {
    return { subject, ...(html !== undefined && { html }), ...(text !== undefined && { text }) };
  }
  const { textFromHtml } = await import('./text-from-html.ts');
  const made = textFromHtml(html);
  return { subject, html, ...(made !== '' && { text: made }) };
}
