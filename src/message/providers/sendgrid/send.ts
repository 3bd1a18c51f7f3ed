/**
 * The provider `sendgrid`: messages of parts go to `POST /v3/mail/send`. Whole messages, which it does not take there, go over
 * its SMTP endpoint with the same key, byte for byte; so do messages none of whose open recipients stands in `To`, because the
 * API asks for one and would write another header than the caller.
 */

import { Readable } from 'node:stream';
import type { Outcome } from '../../../core/outcome.ts';
import { createVendorClient, type VendorRequest } from '../http/client.ts';
import type { Fault, Heard } from '../http/outcomes.ts';
import { inRequests } from '../http/requests.ts';
import { endpointOf } from '../http/settings.ts';
import { createSmtpEndpoint } from '../http/smtp-endpoint.ts';
import type { Carrier, Parcel, SendResult } from '../provider.ts';
import { plainReply } from '../reply.ts';
import type { TypeDeps } from '../type.ts';
import { bodyOf, isAscii, listsOf, MAX_BYTES, MAX_RECIPIENTS, smtpApiField, whyNot } from './body.ts';
import { sendgridTable } from './outcomes.ts';
import type { SendgridSettings } from './settings.ts';

const USER = 'apikey';
/** The one that `POST /v3/mail/send` asks for. */
const SCOPE = 'mail.send';

export function createSendgridProvider(name: string, settings: SendgridSettings, deps: TypeDeps): Carrier {
  const { apiKey, ipPool, maxConnections, allowPlaintext, smtpEndpoint, timeoutSeconds } = settings;
  const api = createVendorClient(deps, {
    endpoint: endpointOf(name, settings),
    table: sendgridTable,
    ...{ maxConnections, timeoutMs: timeoutSeconds * 1_000 },
    // The answer to mail that was taken has no body.
    isYesByStatus: true,
  });
  const smtp = createSmtpEndpoint(
    name,
    { endpoint: smtpEndpoint, user: USER, secret: apiKey, maxConnections, allowPlaintext },
    deps,
  );
  const headers = { authorization: `Bearer ${apiKey}` };

  const bySmtp: Carrier['send'] = async (parcel, stop) => withIds(await smtp.send(parcel, stop));

  return {
    concurrency: maxConnections,
    async send(parcel, stop) {
      if (!parcel.rendered) return bySmtp(parcel, stop);
      const why = whyNot(parcel);
      if (why !== undefined) return { outcomes: all(parcel, unfit(why)) };
      return inRequests(parcel, MAX_RECIPIENTS, async (part) => {
        const { takes, refused } = byAddress(part);
        if (takes.recipients.length === 0) return { outcomes: refused };
        if (listsOf(takes).to.length === 0) return joined(await bySmtp(withSmtpApi(takes, ipPool), stop), refused);
        const body = await bodyOf(takes, ipPool);
        if (Buffer.byteLength(body) > MAX_BYTES) {
          const size = Math.ceil(Buffer.byteLength(body) / 1024 / 1024);
          return {
            outcomes: all(part, unfit(`SendGrid takes ${MAX_BYTES / 1024 / 1024} MiB, and this message has ${size}.`)),
          };
        }
        const request: VendorRequest = {
          method: 'POST',
          path: '/v3/mail/send',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
        };
        const result = await api.send({ part: takes, stop, request, namedBy: namedBy(takes), idIn });
        return joined(result, refused);
      });
    },
    check: () =>
      api.look(
        { method: 'GET', path: '/v3/scopes', headers },
        { advice: 'Check apiKey, and the account at SendGrid.', unfit: whyUnfit },
      ),
    async close() {
      await Promise.all([api.close(), smtp.close()]);
    },
  };
}

function whyUnfit({ body }: Heard): string | undefined {
  const isListed = body.includes(`"${SCOPE}"`);
  return isListed ? undefined : `the key may not send mail. Give it the permission "Mail Send" (${SCOPE}) at SendGrid.`;
}

function idIn({ headers }: Heard): string | undefined {
  return headers['x-message-id'];
}

/** It says the same id by SMTP: `250 Ok: queued as ryzVhPpKQ6GpSLqKdVBVGg`. */
function withIds(result: SendResult): SendResult {
  const ids = [...result.outcomes].flatMap(([position, { kind, reply }]) => {
    const id = kind === 'delivered' ? /\bqueued as (\S+)/i.exec(reply.text)?.[1] : undefined;
    return id === undefined ? [] : [[position, id] as const];
  });
  return { ...result, ...(ids.length > 0 && { ids: new Map(ids) }) };
}

/** Its API has addresses in ASCII alone. */
function byAddress(part: Parcel): { readonly takes: Parcel; readonly refused: ReadonlyMap<number, Outcome> } {
  const unfitting = part.recipients.filter(({ address }) => !isAscii(address));
  return {
    takes: { ...part, recipients: part.recipients.filter((recipient) => !unfitting.includes(recipient)) },
    refused: new Map(
      unfitting.map(({ position, address }) => [
        position,
        { ...unfit(`SendGrid takes no address outside of ASCII, as ${address} is.`), bounce: 'other' as const },
      ]),
    ),
  };
}

function withSmtpApi(part: Parcel, ipPool: string | undefined): Parcel {
  const field = Buffer.from(smtpApiField(part, ipPool));
  return {
    ...part,
    async mime() {
      const message = await part.mime();
      if (message instanceof Uint8Array) return Buffer.concat([field, message]);
      return Readable.from(after(field, message), { objectMode: false });
    },
  };
}

async function* after(field: Uint8Array, message: Readable): AsyncGenerator<Uint8Array> {
  yield field;
  yield* message;
}

/** `personalizations.0.cc.1.email` is the second of the cc. */
function namedBy(part: Parcel): (fault: Fault) => number | undefined {
  const lists = listsOf(part);
  return ({ field = '' }) => {
    const [, list, index] = /^personalizations\.0\.(to|cc|bcc)\.(\d+)/.exec(field) ?? [];
    const email = lists[list as keyof typeof lists]?.[Number(index)]?.email;
    return part.recipients.find(({ address }) => address === email)?.position;
  };
}

function unfit(why: string): Outcome & { kind: 'rejected' } {
  return { kind: 'rejected', bounce: 'content', reply: plainReply(why) };
}

function joined(result: SendResult, refused: ReadonlyMap<number, Outcome>): SendResult {
  return refused.size === 0 ? result : { ...result, outcomes: new Map([...result.outcomes, ...refused]) };
}

function all(parcel: Parcel, outcome: Outcome): ReadonlyMap<number, Outcome> {
  return new Map(parcel.recipients.map(({ position }) => [position, outcome]));
}
