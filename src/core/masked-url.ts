/** A URL that lets its holder post, as it is shown: where it leads, without the secret part. */

/** `https://hooks.slack.com/…`; of other text, `set`. */
export function maskedUrl(text: string): string {
  if (!URL.canParse(text)) return 'set';
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}/…`;
}
