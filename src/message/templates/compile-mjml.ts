/** MJML to HTML. What imports this holds 140 MB once it is used; only a thread of its own does. */

import mjml2html from 'mjml';
import type { MjmlToHtml } from './mjml.ts';

/** Reads no file: `mj-include` is left out. */
export const compileMjml: MjmlToHtml = async (source) => {
  const { html, errors } = await mjml2html(source, { validationLevel: 'soft', ignoreIncludes: true });
  return { html, errors: errors.map(({ message, line }) => ({ message, ...(line !== undefined && { line }) })) };
};
