/** A URL as it is shown where it lets whoever has it post: where it leads, and nothing of what lets in. */

/** `https://hooks.slack.com/…`; of what is no URL, `set`. */
export function maskedUrl(text: string): string {
  if (!URL.canParse(text)) return 'set';
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}/…`;
}
