/** A message with more recipients than a vendor takes in one request goes in several, all of one attempt. */

import type { Outcome } from '../../../core/outcome.ts';
import type { Parcel, SendResult } from '../provider.ts';
import { plainReply } from '../reply.ts';

type Recipients = Parcel['recipients'];

const MAX_TRANSCRIPT = 4_096;

/**
 * `request` gives the outcome of some of the recipients it is given; those that it does not name go in a further request, as
 * where a vendor refused all for the sake of one. Where it names none, one of them is refused and nobody can tell which: they go in
 * halves, until it is alone.
 */
export async function inRequests(
  parcel: Parcel,
  most: number,
  request: (part: Parcel) => Promise<SendResult>,
): Promise<SendResult> {
  const outcomes = new Map<number, Outcome>();
  const ids = new Map<number, string>();
  const transcripts: string[] = [];
  // An address that stands in `to` and in `cc` gets one copy.
  const first = new Map(parcel.recipients.toReversed().map((recipient) => [recipient.address, recipient]));
  let size = most;
  let open: Recipients = parcel.recipients.filter((recipient) => first.get(recipient.address) === recipient);
  while (open.length > 0) {
    const part = together(open, size);
    const result = await request({ ...parcel, recipients: part });
    const isUntold = result.outcomes.size === 0;
    if (isUntold && part.length === 1) throw new Error('a request for one recipient gave no outcome');
    size = isUntold ? part.length >> 1 : most;
    for (const [position, outcome] of result.outcomes) outcomes.set(position, outcome);
    for (const [position, id] of result.ids ?? []) ids.set(position, id);
    if (result.transcript !== undefined) transcripts.push(result.transcript);
    open = open.filter(({ position }) => !outcomes.has(position));
    const stopped = whyStop(result.outcomes);
    if (!stopped) continue;
    for (const { position } of open) outcomes.set(position, stopped);
    break;
  }
  for (const { position, address } of parcel.recipients) {
    const { position: said = position } = first.get(address) ?? {};
    const outcome = outcomes.get(said);
    if (outcome) outcomes.set(position, outcome);
    const id = ids.get(said);
    if (id !== undefined) ids.set(position, id);
  }
  const transcript = transcripts.join('\n').slice(0, MAX_TRANSCRIPT);
  return { outcomes, ...(ids.size > 0 && { ids }), ...(transcript !== '' && { transcript }) };
}

/** As many as go in one request. Vendors refuse two addresses that only case tells apart. */
function together(open: Recipients, most: number): Recipients {
  const seen = new Set<string>();
  const part: Recipients[number][] = [];
  for (const recipient of open) {
    const folded = recipient.address.toLowerCase();
    if (seen.has(folded)) continue;
    seen.add(folded);
    part.push(recipient);
    if (part.length === most) break;
  }
  return part;
}

/** The outcome of those who are left, where the vendor takes nothing more now. */
function whyStop(given: SendResult['outcomes']): Outcome | undefined {
  const outcomes = [...given.values()];
  const first = outcomes[0];
  const isShut = (outcome: Outcome) => outcome.kind === 'unavailable' || outcome.kind === 'throttled';
  if (first && outcomes.every(isShut)) return first;
  // Each would wait as long for its answer, and the attempt must end.
  const isSilent = outcomes.some(({ kind }) => kind === 'unknown');
  return isSilent
    ? { kind: 'unavailable', reply: plainReply('not begun: the request before had no answer') }
    : undefined;
}
