/**
 * The provider `mailgun`: every message goes whole to `POST /v3/{domain}/messages.mime`, whose `to` is the envelope. Limits of size and
 * recipients: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-http and
 * https://www.rubydoc.info/gems/mailgun-ruby/Mailgun/Chains, read 2026-11-29.
 */

import { createVendorClient, type OwnHealth } from '../http/client.ts';
import type { Heard } from '../http/outcomes.ts';
import { whyNotOwnFields } from '../http/own-fields.ts';
import { endpointOf } from '../http/settings.ts';
import { forAll, unfit } from '../http/unfit.ts';
import { wholeOf } from '../http/whole.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { withoutOwnSecrets } from '../own-secrets.ts';
import type { Carrier, Parcel } from '../provider.ts';
import { inRequests } from '../requests.ts';
import type { TypeDeps } from '../type.ts';
import { mailgunTable } from './outcomes.ts';
import { apiOf, type MailgunSettings } from './settings.ts';

export const MAX_BYTES = 25 * 1024 * 1024;
export const MAX_RECIPIENTS = 1_000;
/**
 * Since 2025; pages that say three are older. https://help.mailgun.com/hc/en-us/articles/34389096824219-Tags and
 * https://github.com/mailgun/mailgun-go/pull/409, read 2026-12-01.
 */
const MAX_TAGS = 10;
/** Characters of one, "ascii only": https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/track-tagging, read 2026-12-01. */
const MAX_TAG = 128;
const USER = 'api';

export function createMailgunProvider(name: string, settings: MailgunSettings, deps: TypeDeps): Carrier {
  const { apiKey, domain, maxConnections, allowPlaintext, timeoutSeconds } = settings;
  const api = createVendorClient(deps, {
    endpoint: endpointOf(name, { endpoint: apiOf(settings), allowPlaintext }),
    table: mailgunTable,
    ...{ maxConnections, timeoutMs: timeoutSeconds * 1_000 },
    // Its id is in the body.
    isYesByStatus: false,
  });
  const headers = { authorization: `Basic ${Buffer.from(`${USER}:${apiKey}`).toString('base64')}` };

  const carrier: Carrier = {
    concurrency: maxConnections,
    async send(parcel, stop, between) {
      const why = whyNot(parcel);
      if (why !== undefined) return { outcomes: forAll(parcel, unfit(why)) };
      const message = stop.begun.aborted ? Buffer.alloc(0) : await wholeOf(parcel, MAX_BYTES);
      if (message === undefined) return { outcomes: forAll(parcel, unfit(TOO_LARGE)) };
      return inRequests(parcel, { most: MAX_RECIPIENTS, between }, (part) => {
        const boundary = `iep-${idempotencyKeyOf(part)}`;
        return api.send({
          ...{ part, stop, idIn },
          request: {
            method: 'POST',
            path: `/v3/${domain}/messages.mime`,
            headers: { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` },
            body: formOf(part, message, boundary),
          },
          // It names the field and not the address.
          namedBy: () => (part.recipients.length === 1 ? part.recipients[0]?.position : undefined),
        });
      });
    },
    check: () =>
      api.look(
        { method: 'GET', path: `/v4/domains/${domain}`, headers },
        { advice: 'Check apiKey, domain and region, and the account at Mailgun.', own: ownHealth },
      ),
    close: api.close,
  };
  return withoutOwnSecrets(carrier, { settings: { type: 'mailgun', username: USER, apiKey }, secrets: ['apiKey'] });
}

const TOO_LARGE = `Mailgun takes ${MAX_BYTES / 1024 / 1024} MiB, and this message has more.`;

function whyNot({ tags, headers }: Parcel): string | undefined {
  const why = whyNotOwnFields('Mailgun', headers, /^x-mailgun-/i);
  if (why !== undefined) return why;
  if (tags.length > MAX_TAGS) return `Mailgun takes ${MAX_TAGS} tags, and there are ${tags.length}.`;
  // Mailgun would strip the others of it: https://documentation.mailgun.com/en/latest/api-tags.html, read 2026-12-01.
  const unfit = tags.find((tag) => !/^[\x20-\x7e]*$/.test(tag));
  if (unfit !== undefined) return `Mailgun takes tags in ASCII alone, unlike "${unfit}".`;
  const long = tags.find((tag) => tag.length > MAX_TAG);
  return long === undefined
    ? undefined
    : `Mailgun takes tags of ${MAX_TAG} characters, and "${long}" has ${long.length}.`;
}

/** RFC 7578. Nobody outside knows the boundary, so nothing in a message can be one. */
function formOf({ recipients, messageId, tags }: Parcel, message: Uint8Array, boundary: string): Uint8Array {
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return Buffer.concat([
    Buffer.from(recipients.map(({ address }) => field('to', address)).join('')),
    Buffer.from(field('v:iep-message', messageId) + tags.map((tag) => field('o:tag', tag)).join('')),
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="message"; filename="message.mime"\r\n`),
    Buffer.from('Content-Type: message/rfc822\r\n\r\n'),
    message,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

/** `<20261129120000.1.abc@example.com>`. */
function idIn({ body }: Heard): string | undefined {
  return /"id"\s*:\s*"([^"\\]{1,300})"/.exec(body)?.[1];
}

function ownHealth({ status, body }: Heard): OwnHealth | undefined {
  const [, state] = /"state"\s*:\s*"(unverified|disabled)"/.exec(body) ?? [];
  if (status !== 200 || state === undefined) return undefined;
  return { ok: false, detail: `says that the domain is ${state}. Settle that at Mailgun.` };
}
