/** The field that offers an answer as a file (RFC 6266), with a name of any letters (RFC 8187). */

const NOT_ASCII = /[^\x20-\x7e]/g;
/** What a quoted string of HTTP holds only with a backslash, which browsers read in different ways, and the percent sign, which some decode. */
const UNSAFE = /["\\%]/g;
/** Of those that `encodeURIComponent` leaves alone, what no attr-char is. */
const NOT_ATTR_CHAR = /['()*]/g;

export function asFile(filename: string): string {
  const name = filename.toWellFormed();
  const plain = name.replace(NOT_ASCII, '_').replace(UNSAFE, '_');
  const offered = `attachment; filename="${plain}"`;
  if (plain === name) return offered;
  const encoded = encodeURIComponent(name).replace(
    NOT_ATTR_CHAR,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${offered}; filename*=UTF-8''${encoded}`;
}
