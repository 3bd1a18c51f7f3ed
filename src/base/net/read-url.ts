/** Which URLs of strangers may be asked, by their form alone. */

/** The URL as it will be asked, or why not. WHATWG parsing turns every spelling of an IPv4 address into the usual one. */
export function readUrl(text: string): { url: URL; hostname: string } | { refused: string } {
  // Parsing drops some of them silently, and the URL shown would differ from the URL asked.
  if (!URL.canParse(text) || /\p{Cc}/u.test(text)) return { refused: 'it is not a URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { refused: 'the URL must begin with http:// or https://' };
  if (url.username !== '' || url.password !== '') return { refused: 'a URL with a user name or password is not asked' };
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return hostname === '' ? { refused: 'the URL names no host' } : { url, hostname };
}
