/** The page that stands in the frame: a mail's own HTML, made harmless, as it looks at a light or a dark screen. */

import type { CleanHtml } from './clean-html.ts';

/** What holds of every such page, wherever it is opened: it runs nothing, sends nothing, and loads pictures of ours alone. */
export const framePolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  ...["form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'", 'sandbox'],
].join('; ');

export function framePage({ body, css, bodyAttributes }: CleanHtml, about: { title: string; scheme: string }): string {
  const attributes = Object.entries(bodyAttributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return [
    '<!doctype html>',
    '<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta name="color-scheme" content="${about.scheme}"><title>${escaped(about.title)}</title>`,
    `<style>img{max-width:100%}${css}</style></head>`,
    `<body${attributes.join('')}>${body}</body></html>`,
  ].join('\n');
}

/** A mail that has only text, or HTML that cannot be shown. */
export function textPage(text: string, about: { title: string; scheme: string; note?: string }): string {
  const note = about.note === undefined ? '' : `<p><em>${escaped(about.note)}</em></p>`;
  const body = `${note}<pre style="white-space:pre-wrap;overflow-wrap:anywhere">${escaped(text)}</pre>`;
  return framePage({ body, css: '', bodyAttributes: {} }, about);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
