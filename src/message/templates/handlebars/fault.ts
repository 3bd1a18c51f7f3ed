/** What Handlebars' parser says of a fault: a list of its tokens, which means nothing to the author of the template. */

const MAX_REASON_LENGTH = 300;

export interface HandlebarsFault {
  readonly reason: string;
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

export function handlebarsFault(message: string): HandlebarsFault {
  const [, found] = /^(?:Parse|Lexical) error on line (\d+)/.exec(message) ?? [];
  if (found !== undefined) {
    const [, token = ''] = /, got '(\w+)'$/.exec(message) ?? [];
    return { reason: unexpected.get(token) ?? 'something in a tag is not expected there', line: Number(found) };
  }
  const [, mismatch, line, column] = /^(.*) - (\d+):(\d+)$/s.exec(message) ?? [];
  const reason = (mismatch ?? message).slice(0, MAX_REASON_LENGTH);
  return line === undefined ? { reason } : { reason, line: Number(line), column: Number(column) + 1 };
}

const unexpected: ReadonlyMap<string, string> = new Map([
  ['EOF', 'a tag or a block is not closed'],
  ['INVALID', 'a tag has a character that is not expected there, or is not closed'],
  ['OPEN_ENDBLOCK', 'a block is closed that is not open'],
  ['CLOSE', 'a tag is empty or ends too early'],
]);
