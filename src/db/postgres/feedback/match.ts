/** Finds the message that feedback is about, for the verb that takes it, inside its transaction. */

import { isId } from '../../../core/ids.ts';
import { type Candidate, type Meant, meantOf, type Trust, trustOf } from '../../rules/feedback-match.ts';
import type { NewFeedback } from '../../verbs/feedback.ts';
import type { Connection } from '../connection.ts';
import { filterInTurn, flatMapInTurn, mapInTurn } from '../in-turn.ts';

export interface Matched extends Meant {
  readonly messageId: string;
  readonly tenantNo: number;
  readonly tenantId: string;
  /** That the message went by last. */
  readonly provider: string | null;
  readonly category: string | null;
  readonly template: string | null;
  readonly groupId: string | null;
}

/** Messages with one Message-ID that are looked at, newest first; and recipients with one id of a provider. */
const LOOK = 20;
const LOOK_OF_PROVIDER = 2_000;

/** A message that is looked at, before it is known whether it is meant. */
type Found = Omit<Matched, 'recipient'>;

const FOUND = `m.seq, m.tenant_no AS "tenantNo", t.id AS "tenantId", m.id AS "messageId", m.provider, m.category, m.template,
  m.group_id AS "groupId"
  FROM messages m JOIN tenants t ON t.no = m.tenant_no`;

/**
 * By IEP's own id, else by the provider's and a recipient, else by the Message-ID; of the recipients that it names, whom the message
 * has. Own ids and Message-IDs are texts that anybody may write into a message of their own; so what a provider tells is believed of
 * a message only where it agrees with how that was sent.
 */
export function prepareFeedbackMatch(
  db: Connection,
): (given: Asked & Pick<NewFeedback, 'finalRecipient'>) => Promise<Matched | undefined> {
  const bySeq = db.prepare<[number], Found>(`SELECT ${FOUND} WHERE m.seq = ? AND t.removing_at IS NULL`);
  const byId = db.prepare<[string], Found>(`SELECT ${FOUND} WHERE m.id = ? AND t.removing_at IS NULL`);
  const byOwnHeader = db
    .prepare<[string, string], number>('SELECT seq FROM messages WHERE id = ? AND message_id_header = ?')
    .pluck();
  const byHeader = db
    .prepare<[string, number], number>(
      `SELECT seq FROM messages WHERE message_id_header = ? AND substr(message_id_header, 2, 36) <> id
       ORDER BY seq DESC LIMIT ?`,
    )
    .pluck();
  const byProvider = db.prepare<[string, string, number], { seq: number; position: number; address: string }>(
    `SELECT p.message_seq AS seq, p.position, r.address FROM provider_messages p
       JOIN attempts a ON a.message_seq = p.message_seq AND a.number = p.number
       JOIN recipients r ON r.message_seq = p.message_seq AND r.position = p.position
     WHERE p.id = ? AND a.provider = ? ORDER BY p.message_seq DESC LIMIT ?`,
  );
  const inRequest = db.prepare<[string, number, string], Addressee>(
    `SELECT DISTINCT p.position, r.address FROM provider_messages p
       JOIN attempts a ON a.message_seq = p.message_seq AND a.number = p.number
       JOIN recipients r ON r.message_seq = p.message_seq AND r.position = p.position
     WHERE p.id = ? AND p.message_seq = ? AND a.provider = ? LIMIT 2`,
  );
  const addresseesOf = prepareAddressees(db);

  async function find(
    messages: readonly Found[],
    recipient: string | undefined,
    addressees: (seq: number) => Candidate['recipients'] | Promise<Candidate['recipients']> = (seq) =>
      addresseesOf(seq, { recipient }),
  ): Promise<Matched | undefined> {
    const candidates = await mapInTurn(
      messages,
      async ({ seq, tenantNo }): Promise<Candidate> => ({ seq, tenantNo, recipients: await addressees(seq) }),
    );
    const meant = meantOf(candidates, recipient);
    const message = meant && messages.find(({ seq }) => seq === meant.seq);
    return meant && message && { ...message, ...meant };
  }

  const foundIn = async (seqs: readonly number[]) =>
    await flatMapInTurn(seqs, async (seq) => (await bySeq.get(seq)) ?? []);

  const trust = prepareTrust(db);

  async function match({ about, provider, recipient }: Asked): Promise<Matched | undefined> {
    const { messageId, position, providerMessageId, messageIdHeader } = about;
    const believed = async (messages: readonly Found[]) =>
      await filterInTurn(messages, async ({ seq }) => {
        const how: Trust = provider === undefined ? 'sure' : await trust(seq, { provider, id: providerMessageId });
        return how === 'sure' || (how === 'likely' && (await isAddressee(seq, recipient)));
      });
    const own =
      messageId !== undefined && isId(messageId)
        ? await find(await believed(await byId.all(messageId)), recipient, (seq) =>
            addresseesOf(seq, { recipient, position }),
          )
        : undefined;
    if (own !== undefined) {
      const isOpen = own.recipient === undefined && position === undefined;
      if (!isOpen || providerMessageId === undefined || provider === undefined) return own;
      // A request for one recipient: the event is about that recipient.
      const [only, ...others] = await inRequest.all(providerMessageId, own.seq, provider);
      return only === undefined || others.length > 0 ? own : { ...own, recipient: only };
    }
    if (providerMessageId !== undefined && provider !== undefined) {
      // Where the id is that of one recipient, nobody else is meant.
      const named = Map.groupBy(await byProvider.all(providerMessageId, provider, LOOK_OF_PROVIDER), ({ seq }) => seq);
      const theirs = await find(await foundIn([...named.keys()]), recipient, (seq) => named.get(seq) ?? []);
      if (theirs?.recipient !== undefined) return theirs;
    }
    if (messageIdHeader === undefined) return undefined;
    const id = messageIdHeader.slice(1, 37);
    const ours = isId(id) ? await byOwnHeader.all(id, messageIdHeader) : [];
    const messages = await foundIn(ours.length > 0 ? ours : await byHeader.all(messageIdHeader, LOOK));
    return await find(await believed(messages), recipient);
  }

  async function isAddressee(seq: number, recipient: string | undefined): Promise<boolean> {
    if (recipient === undefined) return true;
    const sought = recipient.toLowerCase();
    return (await addresseesOf(seq, { recipient })).some(({ address }) => address.toLowerCase() === sought);
  }

  return async ({ finalRecipient, ...given }) => {
    const first = await match(given);
    if (finalRecipient === undefined || isOf(first, given.recipient)) return first;
    const second = await match({ ...given, recipient: finalRecipient });
    return isOf(second, finalRecipient) ? second : first;
  };
}

/** Whether what a provider tells may be about a message that it names by what stands in it. */
function prepareTrust(db: Connection) {
  const attempts = 'attempts a WHERE a.message_seq = given.seq AND a.provider = given.provider';
  const ids = 'provider_messages p WHERE p.message_seq = a.message_seq AND p.number = a.number';
  const select = db.prepare<
    [number, string, string | null],
    { isTried: number; isNamed: number; hasIds: number; isUnnamed: number; isOpen: number }
  >(
    `WITH given (seq, provider, id) AS (SELECT ?::bigint, ?::text, ?::text)
     SELECT EXISTS (SELECT 1 FROM ${attempts}) AS "isTried",
       EXISTS (SELECT 1 FROM ${attempts} AND EXISTS (SELECT 1 FROM ${ids} AND p.id = given.id)) AS "isNamed",
       EXISTS (SELECT 1 FROM ${attempts} AND EXISTS (SELECT 1 FROM ${ids})) AS "hasIds",
       EXISTS (SELECT 1 FROM ${attempts} AND a.outcome IN ('delivered', 'unknown')
         AND NOT EXISTS (SELECT 1 FROM ${ids})) AS "isUnnamed",
       EXISTS (SELECT 1 FROM outbox WHERE message_seq = given.seq) AS "isOpen"
     FROM given`,
  );
  return async (
    seq: number,
    { provider, id }: { readonly provider: string; readonly id: string | undefined },
  ): Promise<Trust> => {
    const found = await select.get(seq, provider, id ?? null);
    if (found === undefined) return 'none';
    return trustOf({
      isOpen: found.isOpen === 1,
      isTried: found.isTried === 1,
      isNamed: found.isNamed === 1,
      isOther: id !== undefined && found.hasIds === 1 && found.isUnnamed === 0,
    });
  };
}

type Asked = Pick<NewFeedback, 'about' | 'provider' | 'recipient'>;

function isOf(matched: Matched | undefined, address: string | undefined): boolean {
  return matched?.recipient !== undefined && matched.recipient.address.toLowerCase() === address?.toLowerCase();
}

/**
 * Those of a message that feedback may mean: the one that it names; else as many as show whether there is only one. So a message to
 * a thousand costs no more than another, however often it comes back.
 */
function prepareAddressees(db: Connection) {
  const named = db.prepare<[number, string], Addressee>(
    'SELECT position, address FROM recipients WHERE message_seq = ? AND lower(address) = lower(?) LIMIT 1',
  );
  const first = db.prepare<[number, number], Addressee>(
    'SELECT position, address FROM recipients WHERE message_seq = ? ORDER BY position LIMIT ?',
  );
  const at = db.prepare<[number, number], Addressee>(
    'SELECT position, address FROM recipients WHERE message_seq = ? AND position = ?',
  );
  return async (
    seq: number,
    { recipient, position }: { readonly recipient?: string | undefined; readonly position?: number | undefined },
  ): Promise<readonly Addressee[]> => {
    if (position !== undefined) return await at.all(seq, position);
    if (recipient === undefined) return await first.all(seq, 2);
    const one = await named.get(seq, recipient);
    if (one !== undefined) return [one];
    // The database folds no letters beyond ASCII.
    return await first.all(seq, ASCII.test(recipient) ? 2 : -1);
  };
}
type Addressee = Candidate['recipients'][number];
const ASCII = /^[\0-\x7f]*$/;
