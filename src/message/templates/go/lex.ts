/** The tokens of a Go template: text, and what stands between `{{` and `}}`, with the white space around it trimmed where it says so. */

import { type Place, SourceFault } from '../tree.ts';

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'identifier'
  /** `.A` */
  | 'field'
  | 'dot'
  /** `$` or `$name` */
  | 'variable'
  | 'string'
  | 'number'
  | 'sign'
  | 'space'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly place: Place;
}

const NAME = /[\p{L}\p{Nd}_]+/uy;
const SPACE = /[ \t\r\n]+/y;
const NUMBER = /[+-]?(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y;
const DECLARE = ':=';

export function lexGo(source: string, name: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  /** Looked for once, so that a source of one line takes no longer. */
  let lineEnd = source.indexOf('\n');

  const placeAt = (offset: number): Place => {
    while (lineEnd !== -1 && lineEnd < offset) {
      line += 1;
      lineStart = lineEnd + 1;
      lineEnd = source.indexOf('\n', lineStart);
    }
    return { source: name, line, column: offset - lineStart + 1 };
  };
  const push = (kind: TokenKind, text: string, offset: number): void => {
    tokens.push({ kind, text, place: placeAt(offset) });
  };

  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const end = open === -1 ? source.length : open;
    const trimsBefore = open !== -1 && source[open + 2] === '-' && isSpace(source[open + 3]);
    let text = source.slice(at, end);
    let textAt = at;
    if (trimNext) {
      const kept = trimStart(text);
      textAt += text.length - kept.length;
      text = kept;
    }
    if (trimsBefore) text = trimEnd(text);
    if (text !== '') push('text', text, textAt);
    trimNext = false;
    if (open === -1) break;
    at = open + (trimsBefore ? 4 : 2);
    if (trimsBefore) at += trimmedLength(source, at);
    if (source.startsWith('/*', at)) comment(open);
    else action(open);
  }
  push('end', '', source.length);
  return tokens;

  function fail(message: string, offset: number): never {
    throw new SourceFault(message, placeAt(offset));
  }

  function comment(open: number): void {
    const end = source.indexOf('*/', at + 2);
    if (end === -1) fail('a comment is not closed; it ends with */}}', open);
    at = end + 2;
    const space = matchedAt(SPACE, at);
    if (space !== '' && source.startsWith('-}}', at + space.length)) {
      trimNext = true;
      at += space.length + 3;
    } else if (source.startsWith('}}', at)) at += 2;
    else fail('a comment ends before its tag does; it ends with */}}', open);
  }

  function action(open: number): void {
    push('open', '{{', open);
    for (;;) {
      const start = at;
      if (at >= source.length) fail('a tag is not closed; it ends with }}', open);
      const space = matchedAt(SPACE, at);
      if (space !== '') {
        at += space.length;
        if (source.startsWith('-}}', at)) {
          trimNext = true;
          push('close', '-}}', at);
          at += 3;
          return;
        }
        push('space', space, start);
      } else if (source.startsWith('}}', at)) {
        push('close', '}}', at);
        at += 2;
        return;
      } else token(start, open);
    }
  }

  function token(start: number, open: number): void {
    const found = tokenAt(start);
    if (found !== undefined) {
      push(found.kind, found.text, start);
      at = start + found.text.length;
    } else if (source.startsWith('{{', at)) fail('a tag begins within a tag; the one before is not closed', open);
    else fail(`${JSON.stringify(source[at])} is not expected in a tag`, start);
  }

  function tokenAt(start: number): Omit<Token, 'place'> | undefined {
    const character = source[start] ?? '';
    if (source.startsWith(DECLARE, start)) return { kind: 'sign', text: DECLARE };
    if (character === '"') return { kind: 'string', text: quoted(start) };
    if (character === '`') return { kind: 'string', text: rawString(start) };
    if (character === "'") fail('a character in single quotes is not supported; write a text in double quotes', start);
    if (character === '$') return { kind: 'variable', text: `$${matchedAt(NAME, start + 1)}` };
    const number = matchedAt(NUMBER, start);
    if (number !== '') return { kind: 'number', text: wholeNumber(number, start) };
    const name = matchedAt(NAME, character === '.' ? start + 1 : start);
    if (character === '.') return name === '' ? { kind: 'dot', text: '.' } : { kind: 'field', text: `.${name}` };
    if (name !== '') return { kind: 'identifier', text: name };
    return '|(),='.includes(character) ? { kind: 'sign', text: character } : undefined;
  }

  function wholeNumber(number: string, start: number): string {
    const rest = matchedAt(NAME, start + number.length);
    return rest === '' ? number : fail(`${number}${rest} is not a number that is supported`, start);
  }

  function matchedAt(pattern: RegExp, offset: number): string {
    pattern.lastIndex = offset;
    return pattern.exec(source)?.[0] ?? '';
  }

  function quoted(start: number): string {
    for (let end = start + 1; end < source.length && source[end] !== '\n'; end += 1) {
      if (source[end] === '\\') end += 1;
      else if (source[end] === '"') return source.slice(start, end + 1);
    }
    return fail('a text in double quotes is not closed on its line', start);
  }

  function rawString(start: number): string {
    const end = source.indexOf('`', start + 1);
    return end === -1 ? fail('a text in backquotes is not closed', start) : source.slice(start, end + 1);
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && ' \t\r\n'.includes(character);
}

function trimmedLength(text: string, from: number): number {
  let end = from;
  while (isSpace(text[end])) end += 1;
  return end - from;
}

function trimStart(text: string): string {
  return text.slice(trimmedLength(text, 0));
}

function trimEnd(text: string): string {
  let end = text.length;
  while (isSpace(text[end - 1])) end -= 1;
  return text.slice(0, end);
}
