/**
 * The index of parts of texts (`message_search`): what of a message it holds, and which messages it finds. What it finds are
 * candidates; messages that it does not hold yet are candidates all.
 */

import { foldAddress, isAscii } from '../../../core/fold.ts';
import { isId } from '../../../core/ids.ts';
import type { MessageFilter } from '../../verbs/messages.ts';
import type { Connection } from '../connection.ts';
import { flatMapInTurn } from '../in-turn.ts';
import type { Verb } from '../verb.ts';

/** Characters of one step. A message to hundreds of recipients is a step by itself. */
const TEXT_AT_ONCE = 20_000;
/** Characters below which the index knows nothing of a text. */
const PIECE = 3;

export const makeSearchable: Verb<'messages.makeSearchable'> = {
  kind: 'write',
  prepare(db) {
    const upTo = prepareUpTo(db);
    // Followed by the log: a message with a lower number may be committed later, an event that is complete may not.
    const next = db.prepare<[number, number], { seq: number; position: number }>(
      `SELECT message_seq AS seq, position FROM events
       WHERE position > ? AND position < event_horizon() AND sequence = 1 AND message_seq IS NOT NULL
       ORDER BY position LIMIT ?`,
    );
    const textOf = db
      .prepare<[number], string>(
        `SELECT concat_ws(chr(10), fold(subject), fold_address(from_email), readable_address(from_email), category,
           (SELECT string_agg(tag, chr(10)) FROM jsonb_array_elements_text(tags::jsonb) tag),
           (SELECT string_agg(fold_address(address) || chr(10) || readable_address(address), chr(10))
            FROM recipients WHERE message_seq = seq))
         FROM messages WHERE seq = ?`,
      )
      .pluck();
    const insert = db.prepare(
      'INSERT INTO message_search (message_seq, text) VALUES (?, lower(?)) ON CONFLICT (message_seq) DO NOTHING',
    );
    const keep = db.prepare(
      `INSERT INTO meta (key, value) VALUES ('search.upTo', ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    );
    return async ({ limit }) => {
      let done = 0;
      let length = 0;
      for (const { seq, position } of await next.all(await upTo(), limit)) {
        const text = (await textOf.get(seq)) ?? '';
        length += text.length;
        if (done > 0 && length > TEXT_AT_ONCE) break;
        await insert.run(seq, text);
        await keep.run(String(position));
        done += 1;
      }
      return done;
    };
  },
};

/** The position in the log up to which the index holds the messages. */
function prepareUpTo(db: Connection): () => Promise<number> {
  const value = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'search.upTo'").pluck();
  return async () => Number((await value.get()) ?? 0);
}

/** Returns the messages before a number that may hold all texts, newest first; undefined where the index knows none of the texts. */
export function prepareHolding(db: Connection) {
  const upTo = prepareUpTo(db);
  const found = db
    .prepare<[number, number, readonly string[], number, number], number>(
      `(SELECT message_seq FROM events
        WHERE position > ? AND sequence = 1 AND message_seq < ? ORDER BY message_seq DESC)
       UNION (SELECT message_seq FROM message_search WHERE text LIKE ALL (?::text[]) AND message_seq < ?
        ORDER BY message_seq DESC)
       ORDER BY 1 DESC LIMIT ?`,
    )
    .pluck();
  const named = db
    .prepare<[string, string, string, string], number>(
      `SELECT seq FROM messages WHERE id = ? UNION SELECT seq FROM messages WHERE id = ? AND message_id_header = ?
       UNION SELECT seq FROM messages WHERE message_id_header = ? AND substr(message_id_header, 2, 36) <> id`,
    )
    .pluck();

  return async (filter: MessageFilter) => {
    const match = [...new Set(textsOf(filter))].filter((text) => text.length >= PIECE).map(asLike);
    if (match.length === 0) return undefined;
    // Ids are not in the index.
    const others = await flatMapInTurn(wordsOf(filter), (word) => {
      const header = word.startsWith('<') ? word : `<${word}>`;
      return named.all(word.toLowerCase(), header.slice(1, 37), header, header);
    });
    return async (before: number, limit: number): Promise<readonly number[]> => {
      const seqs = await found.all(await upTo(), before, match, before, limit);
      const end = seqs.length < limit ? 0 : (seqs.at(-1) ?? 0);
      const besides = others.filter((seq) => seq < before && seq > end && !seqs.includes(seq));
      return besides.length === 0 ? seqs : [...seqs, ...besides].toSorted((one, other) => other - one);
    };
  };
}

function wordsOf({ q = '' }: MessageFilter): readonly string[] {
  return q.split(/\s+/).filter(Boolean);
}

/** What must stand in a message that matches, each as the index holds it. Letters beyond ASCII are compared in more ways than it knows. */
function textsOf(filter: MessageFilter): readonly string[] {
  const { sender, recipient, category, tag } = filter;
  const addresses = [sender, recipient].flatMap((address) => (address === undefined ? [] : [foldAddress(address)]));
  const plain = [...wordsOf(filter).filter((word) => !isId(word.toLowerCase())), ...addresses].filter(isAscii);
  return [...plain, ...[category, tag].filter((text) => text !== undefined)];
}

function asLike(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
