/** Lines of text as they come out of HTML: white space collapsed, lines ended no more than is asked for, items and quotes. */

/** Deeper than these nothing moves further to the right: what is said stays the larger part of a line. */
const MAX_QUOTES = 3;
const MAX_INDENTS = 4;

/** White space of HTML, and the space of no width that mails hide their previews with. */
const BLANKS = /[ \t\r\n\f\u200b]+/g;
const LINE_END = /\r\n?|\n/;

export interface TextLines {
  text(text: string): void;
  /** Ends the line where there is one; with 2 an empty line follows. */
  end(count: 1 | 2): void;
  lineBreak(): void;
  /** The bullet of the item that begins, if one does, and how many lists it is in. */
  item(bullet: string | undefined, depth: number): void;
  /** More quoted, or less. */
  quote(by: 1 | -1): void;
  /** Text is as it stands, or is so no more. */
  preformatted(by: 1 | -1): void;
  /** What is said from here on is asked for by `saidSinceMark`. */
  mark(): void;
  saidSinceMark(): string;
  whole(): string;
}

export function createTextLines(): TextLines {
  const pieces: string[] = [];
  /** Line ends before what comes next. */
  let ends = 0;
  /** Of these, those that `<br>` asked for. */
  let breaks = 0;
  let space = false;
  let bullet: string | undefined;
  let indent = 0;
  let quotes = 0;
  let preformatted = 0;
  let marked: string[] | undefined;

  const add = (text: string): void => {
    const isFirst = pieces.length === 0;
    if (isFirst || ends > 0) {
      if (!isFirst) pieces.push('\n'.repeat(ends));
      pieces.push('> '.repeat(Math.min(quotes, MAX_QUOTES)), bullet ?? ' '.repeat(indent));
    } else if (space) {
      pieces.push(' ');
      if (marked && marked.length > 0) marked.push(' ');
    }
    ends = 0;
    breaks = 0;
    space = false;
    bullet = undefined;
    pieces.push(text);
    marked?.push(text);
  };

  const end = (count: number): void => {
    if (pieces.length > 0) ends = Math.max(ends, count);
    space = false;
  };

  const lineBreak = (): void => {
    breaks += 1;
    if (breaks <= 2) end(breaks);
  };

  return {
    text(text) {
      if (preformatted > 0) {
        for (const [at, line] of text.split(LINE_END).entries()) {
          if (at > 0) lineBreak();
          if (line !== '') add(line);
        }
        return;
      }
      const plain = text.replace(BLANKS, ' ');
      if (plain.startsWith(' ')) space = true;
      const words = plain.slice(
        plain.startsWith(' ') ? 1 : 0,
        plain.length > 1 && plain.endsWith(' ') ? -1 : undefined,
      );
      if (words === '') return;
      add(words);
      space = plain.endsWith(' ');
    },
    end,
    lineBreak,
    item(next, depth) {
      const level = Math.min(depth, MAX_INDENTS);
      bullet = next && `${'   '.repeat(Math.max(0, level - 1))}${next}`;
      indent = bullet?.length ?? level * 3;
    },
    quote(by) {
      quotes = Math.max(0, quotes + by);
    },
    preformatted(by) {
      preformatted = Math.max(0, preformatted + by);
    },
    mark() {
      marked = [];
    },
    saidSinceMark() {
      const said = marked?.join('') ?? '';
      marked = undefined;
      return said;
    },
    whole: () => pieces.join('').trimEnd(),
  };
}
