/** Finds the message that feedback is about, for the verb that takes it, inside its transaction. */

import { isId } from '../../../core/ids.ts';
import { type Candidate, type Meant, meantOf } from '../../rules/feedback-match.ts';
import type { NewFeedback } from '../../verbs/feedback.ts';
import type { Connection } from '../connection.ts';

export interface Matched extends Meant {
  readonly messageId: string;
  readonly tenantNo: number;
  readonly tenantId: string;
  /** That the message went by last. */
  readonly provider: string | null;
}

/** Messages with one Message-ID that are looked at, newest first; and recipients with one id of a provider. */
const LOOK = 20;
const LOOK_OF_PROVIDER = 2_000;

/** By IEP's own id, else by the provider's and a recipient, else by the Message-ID. */
export function prepareFeedbackMatch(
  db: Connection,
): (given: Pick<NewFeedback, 'about' | 'provider' | 'recipient'>) => Matched | undefined {
  const byId = db.prepare<[string], number>('SELECT seq FROM messages WHERE id = +?').pluck();
  const byOwnHeader = db
    .prepare<[string, string], number>('SELECT seq FROM messages WHERE id = +? AND message_id_header = +?')
    .pluck();
  const byHeader = db
    .prepare<[string, number], number>(
      `SELECT seq FROM messages WHERE message_id_header = +? AND substr(message_id_header, 2, 36) <> id
       ORDER BY seq DESC LIMIT +?`,
    )
    .pluck();
  const byProvider = db.prepare<[string, string, number], { seq: number; position: number; address: string }>(
    `SELECT p.message_seq AS seq, p.position, r.address FROM provider_messages p
       JOIN attempts a ON a.message_seq = p.message_seq AND a.number = p.number
       JOIN recipients r ON r.message_seq = p.message_seq AND r.position = p.position
     WHERE p.id = +? AND a.provider = +? ORDER BY p.message_seq DESC LIMIT +?`,
  );
  const select = db.prepare<
    [number],
    { tenantNo: number; tenantId: string; messageId: string; provider: string | null }
  >(
    `SELECT m.tenant_no AS tenantNo, t.id AS tenantId, m.id AS messageId, m.provider
     FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.seq = +? AND t.removing_at IS NULL`,
  );
  const recipientsOf = db.prepare<[number], { position: number; address: string }>(
    'SELECT position, address FROM recipients WHERE message_seq = +? ORDER BY position',
  );

  function find(
    seqs: readonly number[],
    recipient: string | undefined,
    addresseesOf: (seq: number) => Candidate['recipients'] = (seq) => recipientsOf.all(seq),
  ): Matched | undefined {
    const found = new Map<number, Omit<Matched, keyof Meant>>();
    const candidates = seqs.flatMap((seq): Candidate[] => {
      const message = select.get(seq);
      if (message === undefined) return [];
      found.set(seq, message);
      return [{ seq, tenantNo: message.tenantNo, recipients: addresseesOf(seq) }];
    });
    const meant = meantOf(candidates, recipient);
    const message = meant && found.get(meant.seq);
    return meant && message && { ...meant, ...message };
  }

  return ({ about: { messageId, position, providerMessageId, messageIdHeader }, provider, recipient }) => {
    const addressees = (seq: number) =>
      recipientsOf.all(seq).filter((one) => position === undefined || one.position === position);
    const own =
      messageId !== undefined && isId(messageId) ? find(byId.all(messageId), recipient, addressees) : undefined;
    if (own !== undefined) return own;
    if (providerMessageId !== undefined && provider !== undefined) {
      // Where the id is that of one recipient, nobody else is meant.
      const named = Map.groupBy(byProvider.all(providerMessageId, provider, LOOK_OF_PROVIDER), ({ seq }) => seq);
      const theirs = find([...named.keys()], recipient, (seq) => named.get(seq) ?? []);
      if (theirs?.recipient !== undefined) return theirs;
    }
    if (messageIdHeader === undefined) return undefined;
    const id = messageIdHeader.slice(1, 37);
    const ours = isId(id) ? byOwnHeader.all(id, messageIdHeader) : [];
    return find(ours.length > 0 ? ours : byHeader.all(messageIdHeader, LOOK), recipient);
  };
}
