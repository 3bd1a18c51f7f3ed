/** YAML as a value. What is wrong with it is told by its place, and the text itself never repeated: it may be a secret. */

import { LineCounter, parseDocument, visit } from 'yaml';

/** Throws an error that says what is wrong, and where. */
export function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const [fault] = document.errors;
  // The lines that follow show the text.
  if (fault) throw new Error(fault.message.split('\n', 1).join().replace(/:$/, ''));
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lineCounter.linePos(alias.range?.[0] ?? 0);
      throw new Error(`Text that begins with * needs quotes, at line ${line}, column ${col}`);
    },
  });
  return document.toJS();
}
