/** Values of templates in the JSON of a card: each is written for its place by the channel, then all is looked over. */

import { isRecord } from '../../core/is-record.ts';
import { beginsWithValue, unmarked, writeMarked } from '../../core/marked-text.ts';
import type { Json } from '../../core/message.ts';
import type { Unfit } from './channel.ts';

/** The member of JSON that is a text: its name, and the object around it. */
export interface TextMember {
  readonly name: string;
  readonly around: Readonly<Record<string, Json>>;
}

export type WriteText = (text: string, member: TextMember) => string | Unfit;

/** What a template's text holds: JSON, or a text to be shown as it is. */
export function readMade(text: string): { readonly json: Json } | { readonly text: string } | Unfit {
  const start = text.trimStart();
  if (!/^(?:\{\s*["}]|\[\s*\{)/.test(start)) return { text };
  try {
    return { json: JSON.parse(text) as Json };
  } catch (error) {
    const why = error instanceof Error ? unmarked(error.message) : '';
    return { unfit: `the template gives no valid JSON: ${why.slice(0, 200)}` };
  }
}

const MOST_LEVELS = 50;

/** The same JSON with each text written by `write`. Names of members are the template's own. */
export function writeTexts(json: Json, write: WriteText): { readonly json: Json } | Unfit {
  let unfit: Unfit | undefined;
  const made = walk(json, { name: '', around: {} }, 0);
  return unfit ?? { json: made };

  function walk(value: Json, member: TextMember, level: number): Json {
    if (level > MOST_LEVELS) unfit ??= { unfit: `the template has more than ${MOST_LEVELS} levels` };
    if (unfit !== undefined) return null;
    if (typeof value === 'string') return written(value, member);
    if (Array.isArray(value)) return value.map((one) => walk(one, member, level + 1));
    if (!isRecord(value)) return value;
    const around = value as Readonly<Record<string, Json>>;
    const members = Object.entries(around).map(
      ([name, one]) => [unmarked(name), walk(one, { name, around }, level + 1)] as const,
    );
    return Object.fromEntries(members);
  }

  function written(text: string, member: TextMember): Json {
    const made = write(text, member);
    if (typeof made === 'string') return made;
    unfit ??= made;
    return null;
  }
}

/** A URL whose values are parts of it; one that begins with a value is that URL. */
export function writeUrl(text: string, name: string): string | Unfit {
  let isWhole = beginsWithValue(text);
  const url = writeMarked(text, (value) => {
    const made = isWhole ? value.trim() : encodeURIComponent(value.toWellFormed());
    isWhole = false;
    return made;
  });
  const isSafe = /^(?:https?|mailto):[^\p{Cc}\s]+$/iu.test(url) && URL.canParse(url);
  return isSafe ? url : { unfit: `the template's "${name}" is not a URL that begins with http:, https: or mailto:` };
}

/** Whether a text stands anywhere in it. */
export function holds(json: Json, wanted: string): boolean {
  if (typeof json === 'string') return json.includes(wanted);
  if (Array.isArray(json)) return json.some((one) => holds(one, wanted));
  return isRecord(json) && Object.values(json).some((one) => holds(one as Json, wanted));
}
