/** Text as Slack's mrkdwn writes it: three characters are escaped, so that a value is no mention and no link. */

/** docs.slack.dev/messaging/formatting-message-text, "Escaping text". */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const URL_IN_TEXT = /https?:\/\/[^\s<>|"'`]+/g;

/** Plain text whose URLs are links; nothing else in it is. */
export function linked(text: string): string {
  let made = '';
  let done = 0;
  for (const found of text.matchAll(URL_IN_TEXT)) {
    const url = found[0].replace(/[.,;:!?)\]}*_~]{1,10}$/, '');
    made += `${escapeSlack(text.slice(done, found.index))}<${escapeSlack(url)}>`;
    done = found.index + url.length;
  }
  return made + escapeSlack(text.slice(done));
}

/** Cut so that no escape and no link is left open. */
export function cutSlack(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text
    .slice(0, maxLength - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '');
  const open = cut.lastIndexOf('<');
  return `${open > cut.lastIndexOf('>') ? cut.slice(0, open) : cut}…`;
}
