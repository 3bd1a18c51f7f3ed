/** The part of libmime that intake uses; the package brings no types. */
declare module 'libmime' {
  const libmime: {
    /** Decodes the encoded words (RFC 2047) of a text. */
    decodeWords(text: string): string;
    /** Encoded words of at most `maxLength` characters each, with a space between them. */
    encodeWord(text: string, encoding: 'Q' | 'B', maxLength: number): string;
  };
  export default libmime;
}
