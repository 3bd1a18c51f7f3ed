/**
 * Where a text goes that is no mail: its values are marked, and where the text is JSON, each is written as JSON of its place,
 * so that none leaves the string or the place in which it stands.
 */

import { isRecord } from '../../core/is-record.ts';
import { marked } from '../../core/marked-text.ts';
import type { Json } from '../../core/message.ts';
import type { Sink } from './html/sink.ts';
import { everyNode, type TemplateNode } from './tree.ts';
import { written } from './values/values.ts';

/** A text that begins so is JSON. `[` alone may begin a sentence. */
const BEGINS_JSON = /^\s*(?:\{\s*(?:["}]|$)|\[\s*\{)/;

export function createMarkedSink(nodes: readonly TemplateNode[]): Sink {
  return isJson(nodes) ? createJsonSink() : createPlainSink();
}

/** By what its author wrote: no value makes JSON of a text. */
function isJson(nodes: readonly TemplateNode[]): boolean {
  for (const node of everyNode(nodes)) {
    if (node.kind === 'print') return false;
    if (node.kind === 'text' && node.text.trim() !== '') return BEGINS_JSON.test(node.text);
  }
  return false;
}

function createPlainSink(): Sink {
  let out = '';
  return {
    text: ({ text }) => {
      out += text;
    },
    print: (_node, value, { syntax, charge }) => {
      const text = written(value, syntax, charge);
      charge(text.length);
      out += marked(text);
    },
    whole: () => out,
    length: () => out.length,
  };
}

function createJsonSink(): Sink {
  let out = '';
  let inString = false;
  let isEscaped = false;
  return {
    text({ text }) {
      for (const character of text) {
        if (isEscaped) isEscaped = false;
        else if (inString && character === '\\') isEscaped = true;
        else if (character === '"') inString = !inString;
      }
      out += text;
    },
    print(_node, value, { syntax, charge }) {
      const made = inString
        ? JSON.stringify(marked(written(value, syntax, charge))).slice(1, -1)
        : JSON.stringify(withMarks(value ?? null));
      charge(made.length);
      out += made;
    },
    whole: () => out,
    length: () => out.length,
  };
}

function withMarks(value: Json): Json {
  if (typeof value === 'string') return marked(value);
  if (Array.isArray(value)) return value.map(withMarks);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withMarks(one as Json)]));
}
