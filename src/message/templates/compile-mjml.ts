/** MJML to HTML. What imports this holds 140 MB once it is used; only a thread of its own does. */

import mjml2html from 'mjml';
import { errorText } from '../../core/error-text.ts';
import type { MjmlToHtml } from './mjml.ts';
import { SourceFault } from './tree.ts';

/** Reads no file: `mj-include` is left out. What it throws is the document's fault. */
export const compileMjml: MjmlToHtml = async (source) => {
  try {
    const { html, errors } = await mjml2html(source, { validationLevel: 'soft', ignoreIncludes: true });
    return { html, errors: errors.map(({ message, line }) => ({ message, ...(line !== undefined && { line }) })) };
  } catch (error) {
    throw new SourceFault(`MJML: ${said(error)}`);
  }
};

/** The compiler's own message. An error of JavaScript itself speaks of its code, so it gets a plain sentence instead. */
function said(error: unknown): string {
  const text = errorText(error);
  if (/malformed mjml|parsing failed/i.test(text))
    return 'it must be one <mjml> with an <mj-body>, and each tag closed';
  if (error instanceof Error && error.name === 'Error') return text;
  return 'an attribute has a value that it does not take; a width is written out, without a variable';
}
