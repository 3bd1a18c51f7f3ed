/** YAML as a value. What is wrong with it is told by its line and column, and the text itself never repeated: it may be a secret. */

import { type ErrorCode, LineCounter, parseDocument, stringify, visit } from 'yaml';

const reasons: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'text in double quotes has a backslash that means nothing; single quotes keep it',
  BAD_INDENT: 'the line is indented less or more than its neighbours',
  BAD_SCALAR_START: 'text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its value need a line of their own, or quotes',
  BLOCK_IN_FLOW: 'between { } or [ ] there can be no indented block',
  DUPLICATE_KEY: 'the key is there twice',
  MISSING_CHAR: 'a bracket, a quote, a comma or the space after a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key has no colon after it',
  MULTIPLE_DOCS: 'the file holds a second document',
  TAB_AS_INDENT: 'spaces indent, a tab does not',
  UNEXPECTED_TOKEN: 'the character is not expected there',
};

/** A value as people write it; long texts keep their lines. */
export function writeYaml(value: object): string {
  return stringify(value, { lineWidth: 0 });
}

/** Throws an error that says what is wrong, and where. */
export function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const [fault] = document.errors;
  if (fault) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    throw new Error(
      `is not valid YAML at line ${line}, column ${col}: ${reasons[fault.code] ?? 'the text is not expected there'}`,
    );
  }
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lineCounter.linePos(alias.range?.[0] ?? 0);
      throw new Error(`is not valid YAML at line ${line}, column ${col}: text that begins with * needs quotes`);
    },
  });
  try {
    return document.toJS();
  } catch {
    throw new Error('has aliases that repeat too much');
  }
}
