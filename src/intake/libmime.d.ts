/** The part of libmime that intake uses; the package brings no types. */
declare module 'libmime' {
  const libmime: {
    /** Decodes the encoded words (RFC 2047) of a text. */
    decodeWords(text: string): string;
  };
  export default libmime;
}
