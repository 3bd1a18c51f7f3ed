/** What Handlebars' parser says of a fault: a list of its tokens, which means nothing to the author of the template. */

const MAX_REASON_LENGTH = 300;

export interface HandlebarsFault {
  readonly reason: string;
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** With the `source`, the column too: the parser says its line, and shows what stands before and behind. */
export function handlebarsFault(message: string, source?: string): HandlebarsFault {
  const [, found] = /^(?:Parse|Lexical) error on line (\d+)/.exec(message) ?? [];
  if (found !== undefined) {
    const [, token = ''] = /, got '(\w+)'$/.exec(message) ?? [];
    const line = Number(found);
    const reason = unexpected.get(token) ?? 'something in a tag is not expected there';
    const column = source === undefined ? undefined : columnOf(message, source, line);
    return { reason, line, ...(column !== undefined && { column }) };
  }
  const [, mismatch, line, column] = /^(.*) - (\d+):(\d+)$/s.exec(message) ?? [];
  const reason = (mismatch ?? message).slice(0, MAX_REASON_LENGTH);
  return line === undefined ? { reason } : { reason, line: Number(line), column: Number(column) + 1 };
}

/** Undefined where what the parser shows is there more than once. */
function columnOf(message: string, source: string, line: number): number | undefined {
  const [, shown = '', pointer = ''] = message.split('\n');
  const at = pointer.indexOf('^');
  if (at === -1) return undefined;
  const before = shown.slice(0, at).replace(/^\.\.\./, '');
  const behind = shown.slice(at).replace(/\.\.\.$/, '');
  // It shows what it shows without line breaks.
  const lines = source.split('\n');
  const whole = lines.join('');
  const from = lines.slice(0, line - 1).join('').length;
  const first = Math.max(from - before.length, 0);
  const found = whole.indexOf(before + behind, first);
  const isOnly = found !== -1 && whole.indexOf(before + behind, found + 1) === -1;
  const column = found + before.length - from + 1;
  return isOnly && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1 ? column : undefined;
}

const unexpected: ReadonlyMap<string, string> = new Map([
  ['EOF', 'a tag or a block is not closed'],
  ['INVALID', 'a tag has a character that is not expected there, or is not closed'],
  ['OPEN_ENDBLOCK', 'a block is closed that is not open'],
  ['CLOSE', 'a tag is empty or ends too early'],
  ['CLOSE_UNESCAPED', 'a tag that begins with {{ ends with }}}; put a space before a } that is no part of it'],
  ['NUMBER', 'a number is not expected there; in a path it stands in brackets, such as {{list.[0]}}'],
  ['INVERSE', 'an {{else}} stands where no block takes one'],
]);
