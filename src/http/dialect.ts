/**
 * What differs between families of calls: who shows what, what bodies may be, how a no is said, what becomes of fields that
 * no schema has. The steps of a call are the same in all of them (`serve.ts`).
 */

import type { Principal } from '../access/principal.ts';
import { type AccessRule, type Admitted, NOBODY } from '../api/access-rule.ts';
import type { Auth } from '../api/authorize.ts';
import { problemReply, problemText } from '../api/problem.ts';
import type { UnknownFields } from '../api/query.ts';
import type { Reply } from '../api/reply.ts';
import type { ApiRequest } from '../api/request.ts';
import type { DialectName } from '../api/route.ts';
import type { IepError } from '../core/errors.ts';
import { accepts } from './accepts.ts';
import { type BodyForm, rawBodies, typedBodies } from './body-types.ts';
import type { ReadJson } from './large-json.ts';

export interface Dialect {
  /** Who calls, by what they show. `known` hears it as soon as that is clear, also of a caller who is then refused. */
  credential(request: ApiRequest, rule: AccessRule, known: (principal: Principal) => void): Promise<Admitted>;
  readonly bodies: BodyForm;
  /** Bytes of a body whose sender showed nothing yet. */
  readonly strangersBytes: number;
  /** `accept`: what the caller says that it understands. */
  problem(error: IepError, about: { readonly requestId: string; readonly accept: string | undefined }): Reply;
  readonly unknownFields: UnknownFields;
}

/** A login or a link: no more than is parsed in a millisecond, whatever it holds. */
const STRANGERS_BYTES = 64 * 1024;
/** Thousands of events may come in one callback. */
export const CALLBACK_BYTES = 5 * 1024 * 1024;

export type Dialects = Readonly<Record<DialectName, Dialect>>;

export function createDialects({ auth, readJson }: { auth: Auth; readJson: ReadJson }): Dialects {
  const api: Dialect = {
    credential: auth.authorize,
    bodies: typedBodies(readJson),
    strangersBytes: STRANGERS_BYTES,
    problem: (error, { requestId }) => problemReply(error, requestId),
    unknownFields: 'refused',
  };
  return {
    api,
    // The proof comes with the body: a signature that the call looks at.
    hook: {
      ...{ ...api, credential: admitNobody, unknownFields: 'ignored' },
      ...{ bodies: rawBodies(readJson), strangersBytes: CALLBACK_BYTES },
    },
    page: {
      ...api,
      credential: admitNobody,
      // Forms are of either of two types, and a page says itself what is wrong with one.
      bodies: rawBodies(readJson),
      problem: (error, { requestId, accept }) =>
        accepts(accept, 'text/html') ? problemText(error, requestId) : problemReply(error, requestId),
      unknownFields: 'ignored',
    },
  };
}

async function admitNobody(): Promise<Admitted> {
  return NOBODY;
}
