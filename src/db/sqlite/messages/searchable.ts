/**
 * The index of parts of texts (`message_search`): what of a message it holds, and which messages it finds. What it finds are
 * candidates; messages that it does not hold yet are candidates all.
 */

import { foldAddress, isAscii } from '../../../core/fold.ts';
import { isId } from '../../../core/ids.ts';
import type { MessageFilter } from '../../verbs/messages.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

/** Characters of one step: a few milliseconds. A message to hundreds of recipients is a step by itself. */
const TEXT_AT_ONCE = 20_000;
const PIECE = 3;
/** Pieces of one text that are looked for; more would find hardly fewer. */
const MOST_PIECES = 24;

export const makeSearchable: Verb<'messages.makeSearchable'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const upTo = prepareUpTo(db);
    const next = db
      .prepare<[number, number], number>('SELECT seq FROM messages WHERE seq > +? ORDER BY seq LIMIT +?')
      .pluck();
    const readable = (column: string) =>
      `${column} || iif(instr(${column}, 'xn--') > 0, char(10) || readable_address(${column}), '')`;
    const textOf = db
      .prepare<[number], string>(
        `SELECT concat_ws(char(10), subject, ${readable('from_email')}, category,
           (SELECT group_concat(value, char(10)) FROM json_each(tags)),
           (SELECT group_concat(${readable('address')}, char(10)) FROM recipients WHERE message_seq = seq))
         FROM messages WHERE seq = +?`,
      )
      .pluck();
    const insert = db.prepare('INSERT INTO message_search (rowid, text) VALUES (CAST(? AS INTEGER), ?)');
    const keep = db.prepare(
      `INSERT INTO meta (key, value) VALUES ('search.upTo', CAST(CAST(? AS INTEGER) AS TEXT))
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    );
    return ({ limit }) => {
      let done = 0;
      let length = 0;
      for (const seq of next.all(upTo(), limit)) {
        const text = textOf.get(seq) ?? '';
        length += text.length;
        if (done > 0 && length > TEXT_AT_ONCE) break;
        insert.run(seq, text);
        keep.run(seq);
        done += 1;
      }
      return done;
    };
  },
};

/** The last message that the index holds. */
function prepareUpTo(db: Connection): () => number {
  const value = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'search.upTo'").pluck();
  return () => Number(value.get() ?? 0);
}

/** Returns the messages before a number that may hold all texts, newest first; undefined where the index knows none of the texts. */
export function prepareHolding(db: Connection) {
  const upTo = prepareUpTo(db);
  const fresh = db
    .prepare<[number, number, number], number>(
      'SELECT seq FROM messages WHERE seq > +? AND seq < +? ORDER BY seq DESC LIMIT +?',
    )
    .pluck();
  const found = db
    .prepare<[string, number, number], number>(
      `SELECT rowid FROM message_search WHERE message_search MATCH ? AND rowid < CAST(? AS INTEGER)
       ORDER BY rowid DESC LIMIT CAST(? AS INTEGER)`,
    )
    .pluck();
  const named = db
    .prepare<[string, string, string, string], number>(
      `SELECT seq FROM messages WHERE id = +? UNION SELECT seq FROM messages WHERE id = +? AND message_id_header = +?
       UNION SELECT seq FROM messages WHERE message_id_header = +? AND substr(message_id_header, 2, 36) <> id`,
    )
    .pluck();

  return (filter: MessageFilter) => {
    const match = [...new Set(textsOf(filter).flatMap(piecesOf))].map((piece) => `"${piece.replaceAll('"', '""')}"`);
    if (match.length === 0) return undefined;
    // Ids are not in the index.
    const others = wordsOf(filter).flatMap((word) => {
      const header = word.startsWith('<') ? word : `<${word}>`;
      return named.all(word.toLowerCase(), header.slice(1, 37), header, header);
    });
    return (before: number, limit: number): readonly number[] => {
      const last = upTo();
      const newest = fresh.all(last, before, limit);
      const older = found.all(match.join(' AND '), Math.min(before, last + 1), limit - newest.length);
      const seqs = [...newest, ...older];
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

/** Three characters each, spread over the text. */
function piecesOf(text: string): readonly string[] {
  const letters = [...text];
  const count = letters.length - PIECE + 1;
  const step = Math.max(1, Math.ceil(count / MOST_PIECES));
  const pieces: string[] = [];
  for (let at = 0; at < count; at += step) pieces.push(letters.slice(at, at + PIECE).join(''));
  return pieces.filter((piece) => !piece.includes('\0'));
}
