/** Names of attachments, safe to save under wherever they end up. */

const MAX_OCTETS = 200;
/** What Windows and POSIX file systems do not take in a name, besides separators and controls. */
const RESERVED = /[\p{Cc}\p{Zl}\p{Zp}"*:<>?|\u202a-\u202e\u2066-\u2069]/gu;

/** The last part of a path, without characters that have a meaning to a file system or turn the direction of text. */
export function safeFilename(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const clean = base
    .toWellFormed()
    .replace(RESERVED, '_')
    .replace(/^[\s.]+|(?<![\s.])[\s.]+$/g, '');
  return shorten(clean) || 'attachment';
}

/** Cut before the extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_OCTETS) return name;
  const extension = /\.[\w-]{1,16}$/.exec(name)?.[0] ?? '';
  let stem = '';
  let octets = extension.length;
  for (const character of name) {
    octets += Buffer.byteLength(character);
    if (octets > MAX_OCTETS) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}
