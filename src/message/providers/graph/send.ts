/**
 * The provider `graph`: every message goes whole, as base64, to `POST /v1.0/users/{mailbox}/sendMail`. Limits:
 * https://learn.microsoft.com/graph/api/user-post-messages (a request of 4 MB) and
 * https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits, read 2026-11-30.
 */

import type { Outcome } from '../../../core/outcome.ts';
import { createVendorClient, type OwnHealth } from '../http/client.ts';
import type { Heard } from '../http/outcomes.ts';
import { endpointOf } from '../http/settings.ts';
import { forAll, unfit } from '../http/unfit.ts';
import { wholeOf } from '../http/whole.ts';
import { NoToken } from '../oauth2/ask.ts';
import { createTokenKeeper } from '../oauth2/token-keeper.ts';
import type { Carrier, Health, Parcel, SendResult } from '../provider.ts';
import { plainReply } from '../reply.ts';
import { inRequests } from '../requests.ts';
import type { TypeDeps } from '../type.ts';
import { addressed } from './addressed.ts';
import { graphTable, graphTableOfOne } from './outcomes.ts';
import { type GraphSettings, grantFor } from './settings.ts';

/** As base64, 4 MiB. */
export const MAX_BYTES = 3 * 1024 * 1024;
/** What a mailbox may have in one message, unless its administrator allows more. */
export const MAX_RECIPIENTS = 500;

const TOO_LARGE = `Microsoft Graph takes ${MAX_BYTES / 1024 / 1024} MiB, and this message has more.`;
const TOO_MANY = `Microsoft Graph takes ${MAX_RECIPIENTS} recipients of a message that came whole, and this one has more.`;
const ONE_IS_REFUSED = 'Microsoft Graph refuses one of the recipients and does not say which.';
const OLD_TOKEN = /^401 InvalidAuthenticationToken\b/;

export function createGraphProvider(name: string, settings: GraphSettings, deps: TypeDeps): Carrier {
  const { mailbox, maxConnections, timeoutSeconds } = settings;
  const api = createVendorClient(deps, {
    endpoint: endpointOf(name, settings),
    table: mailbox === undefined ? graphTable : graphTableOfOne(),
    ...{ maxConnections, timeoutMs: timeoutSeconds * 1_000 },
    // It has no body.
    isYesByStatus: true,
  });
  const tokens = createTokenKeeper({ clock: deps.clock, kept: deps.tokens }, name, grantFor(settings));
  /** Once more with another token where the first is refused as such. */
  const withToken = async <T>(
    ask: (headers: { readonly authorization: string }) => Promise<T>,
    isOld: (answer: T) => boolean,
  ): Promise<T> => {
    const token = await tokens.token();
    const answer = await ask({ authorization: `Bearer ${token}` });
    if (!isOld(answer)) return answer;
    return ask({ authorization: `Bearer ${await tokens.another(token)}` });
  };

  const post = (part: Parcel, bytes: Uint8Array, stop: Parameters<Carrier['send']>[1]) =>
    withToken((headers) => {
      const path = `/v1.0/users/${encodeURIComponent(mailbox ?? part.from.email)}/sendMail`;
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      return api.send({
        ...{ part, stop, idIn },
        request: { method: 'POST', path, headers: { ...headers, 'content-type': 'text/plain' }, body },
        // It names none.
        namedBy: () => (part.recipients.length === 1 ? part.recipients[0]?.position : undefined),
      });
    }, hasOldToken);

  const request = async (part: Parcel, message: Uint8Array, stop: Parameters<Carrier['send']>[1]) => {
    const made = await addressed(part, message);
    if ('why' in made) return { outcomes: forAll(part, unfit(made.why)) };
    if (made.bytes.length > MAX_BYTES) return { outcomes: forAll(part, unfit(TOO_LARGE)) };
    try {
      return await post(part, made.bytes, stop);
    } catch (error) {
      if (error instanceof NoToken) return { outcomes: forAll(part, withoutToken(error)) };
      throw error;
    }
  };

  return {
    concurrency: maxConnections,
    learned: tokens.secrets,
    async send(parcel, stop, between) {
      if (stop.begun.aborted) return { outcomes: forAll(parcel, NOT_BEGUN) };
      const message = await wholeOf(parcel, MAX_BYTES);
      if (message === undefined) return { outcomes: forAll(parcel, unfit(TOO_LARGE)) };
      if (parcel.rendered)
        return inRequests(parcel, { most: MAX_RECIPIENTS, between }, (part) => request(part, message, stop));
      // Its header names the same people in each request, so it goes in one.
      if (parcel.recipients.length > MAX_RECIPIENTS) return { outcomes: forAll(parcel, unfit(TOO_MANY)) };
      const result = await request(parcel, message, stop);
      if (result.outcomes.size > 0) return result;
      return { ...result, outcomes: forAll(parcel, { ...unfit(ONE_IS_REFUSED), bounce: 'other' }) };
    },
    async check() {
      try {
        return await look();
      } catch (error) {
        if (!(error instanceof NoToken)) throw error;
        const what = error.isRefused
          ? 'Check directoryId, clientId and clientSecret against what Entra has: the secret may have expired.'
          : error.isStrange
            ? 'Check loginEndpoint: what answers there gives no tokens.'
            : 'Check that this machine reaches loginEndpoint.';
        return { ok: false, detail: `${error.message}. ${what}`, ...(error.isRefused && { account: true }) };
      }
    },
    close: api.close,
  };

  /** Without a mailbox any user will do, to see whether the token is taken. */
  async function look(): Promise<Health> {
    const path = mailbox === undefined ? '/v1.0/users?$top=1' : `/v1.0/users/${encodeURIComponent(mailbox)}`;
    let isOld = false;
    const own = (heard: Heard) => {
      isOld = heard.status === 401;
      return ownHealth(heard);
    };
    const advice = 'Check what the application is granted in Entra (Mail.Send), and mailbox.';
    return withToken(
      (headers) => api.look({ method: 'GET', path, headers }, { advice, own }),
      () => isOld,
    );
  }
}

/** An application that may only send is enough, and may not look at users. */
function ownHealth({ status, body }: Heard): OwnHealth | undefined {
  if (status !== 403 || !/"code"\s*:\s*"Authorization_RequestDenied"/.test(body)) return undefined;
  return { ok: true, detail: 'took the token; whether the mailbox is there shows only when it sends.' };
}

function hasOldToken({ outcomes }: SendResult): boolean {
  return [...outcomes.values()].some(({ kind, reply }) => kind === 'unavailable' && OLD_TOKEN.test(reply.text));
}

/** The message has none before it is delivered; by this one Microsoft finds it. */
function idIn({ headers }: Heard): string | undefined {
  return headers['request-id'];
}

const NOT_BEGUN: Outcome = {
  ...{ kind: 'unavailable', busy: true, retryAfterMs: 0 },
  reply: plainReply('not begun before shutdown'),
};

function withoutToken({ message, isRefused }: NoToken): Outcome {
  return { kind: 'unavailable', reply: plainReply(message), ...(isRefused && { account: true }) };
}
