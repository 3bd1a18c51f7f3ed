/** A message that goes in several requests, all of one attempt: for more recipients than a vendor takes in one, or a copy for each. */

import type { Outcome } from '../../core/outcome.ts';
import { givenAway, oneCopyEach } from './one-copy.ts';
import type { BetweenRequests, Parcel, SendResult } from './provider.ts';
import { plainReply } from './reply.ts';

type Recipients = Parcel['recipients'];

const MAX_TRANSCRIPT = 4_096;
/** Halvings of one attempt: they find a few who are refused among many. Of more, each goes alone, which is one request for each. */
const MAX_HALVINGS = 200;

/**
 * `request` gives the outcome of some of the recipients it is given; those that it does not name go in a further request, as
 * where a vendor refused all for the sake of one. Where it names none, one of them is refused and nobody can tell which: they go in
 * halves, and each half in halves, until it is alone. So there are never many more requests than recipients. Of what is kept the first
 * stands for all.
 */
export async function inRequests(
  parcel: Parcel,
  { most, between }: { readonly most: number; readonly between?: BetweenRequests | undefined },
  request: (part: Parcel) => Promise<SendResult>,
): Promise<SendResult> {
  const outcomes = new Map<number, Outcome>();
  const ids = new Map<number, string>();
  const transcripts: string[] = [];
  const copies = oneCopyEach(parcel.recipients);
  let kept: Uint8Array | undefined;
  let open = copies.recipients;
  let halvings = 0;
  /** Parts of one that was refused as a whole; the last is the next. */
  const pieces: Recipients[] = [];
  while (open.length > 0) {
    const piece = pieces.pop();
    const part = piece ?? together(open, most);
    const result = await request({ ...parcel, recipients: part });
    const isUntold = result.outcomes.size === 0;
    if (isUntold && part.length === 1) throw new Error('a request for one recipient gave no outcome');
    if (isUntold) {
      halvings += 1;
      pieces.push(...(halvings <= MAX_HALVINGS ? halvesOf(part) : part.map((one) => [one])).toReversed());
    }
    for (const [position, outcome] of result.outcomes) outcomes.set(position, outcome);
    for (const [position, id] of result.ids ?? []) ids.set(position, id);
    if (result.transcript !== undefined) transcripts.push(result.transcript);
    kept ??= result.kept;
    const rest = piece?.filter(({ position }) => !outcomes.has(position)) ?? [];
    if (!isUntold && rest.length > 0) pieces.push(rest);
    open = open.filter(({ position }) => !outcomes.has(position));
    if (open.length === 0) break;
    const stopped =
      whyStop(result.outcomes) ??
      (!between || (await between({ outcomes: copies.forAll(result.outcomes) })) ? undefined : givenAway);
    if (!stopped) continue;
    for (const { position } of open) outcomes.set(position, stopped);
    break;
  }
  const transcript = transcripts.join('\n').slice(0, MAX_TRANSCRIPT);
  return {
    outcomes: copies.forAll(outcomes),
    ...(ids.size > 0 && { ids: copies.forAll(ids) }),
    ...(transcript !== '' && { transcript }),
    ...(kept && { kept }),
  };
}

function halvesOf(part: Recipients): readonly Recipients[] {
  const middle = (part.length + 1) >> 1;
  return [part.slice(0, middle), part.slice(middle)];
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
