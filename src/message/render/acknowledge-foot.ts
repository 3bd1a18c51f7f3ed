/** The link by which who reads a mail says that it is looked after: where the mail does not show it, it stands at its foot. */

import type { Message, Rendered } from '../../core/message.ts';

export function acknowledgeLink({ acknowledgeUrl }: Pick<Message, 'acknowledgeUrl'>): { acknowledgeUrl?: string } {
  return acknowledgeUrl === undefined ? {} : { acknowledgeUrl };
}

/** The same one where nothing is missing. */
export function withAcknowledgeFoot({ acknowledgeUrl: url, content }: Message, rendered: Rendered): Rendered {
  const { html, text } = rendered;
  if (url === undefined || [html, text].every((part) => part === undefined || part.includes(url))) return rendered;
  const locale = content.kind === 'parts' ? content.template?.locale : undefined;
  const words = locale?.startsWith('de') === true ? 'Ich kümmere mich darum' : 'I see to it';
  const foot = `<p style="margin:24px 16px;font-family:sans-serif;font-size:14px"><a href="${url}">${words}</a></p>`;
  return {
    ...rendered,
    ...(html !== undefined && { html: html.includes(url) ? html : atEndOf(html, foot) }),
    ...(text !== undefined && { text: text.includes(url) ? text : `${text.trimEnd()}\n\n${words}: ${url}\n` }),
  };
}

function atEndOf(html: string, foot: string): string {
  const end = html.toLowerCase().lastIndexOf('</body>');
  return end === -1 ? html + foot : html.slice(0, end) + foot + html.slice(end);
}
