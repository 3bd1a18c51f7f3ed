/**
 * The provider `ses`: every message goes whole to Amazon SES, `SendEmail` of its API version 2, with its recipients beside it and
 * not those of its header. Limits: https://docs.aws.amazon.com/ses/latest/dg/quotas.html and
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html, read 2026-11-30.
 */

import type { SigningKeys } from '../../../base/net/aws-signature.ts';
import type { EventQueue } from '../event-queue.ts';
import { createVendorClient, type VendorRequest } from '../http/client.ts';
import type { Heard } from '../http/outcomes.ts';
import { whyNotOwnFields } from '../http/own-fields.ts';
import { inAscii } from '../http/parts.ts';
import { endpointOf } from '../http/settings.ts';
import { forAll, unfit } from '../http/unfit.ts';
import { wholeOf } from '../http/whole.ts';
import type { Carrier, Parcel, SendResult } from '../provider.ts';
import { plainReply } from '../reply.ts';
import { inRequests } from '../requests.ts';
import type { TypeDeps } from '../type.ts';
import { healthOf } from './account.ts';
import { createCredentialSource, NoCredentials } from './credentials.ts';
import { sesTable } from './outcomes.ts';
import { apiOf, type SesSettings } from './settings.ts';
import { createSqsQueue } from './sqs.ts';

const TITLE = 'Amazon SES';
/** 40 MB in base64. */
export const MAX_BYTES = 30 * 1024 * 1024;
export const MAX_RECIPIENTS = 50;
const MAX_TAG_LENGTH = 256;
const TOO_LARGE = `${TITLE} takes ${MAX_BYTES / 1024 / 1024} MiB, and this message has more.`;

export function createSesProvider(name: string, settings: SesSettings, deps: TypeDeps): Carrier {
  const { region, configurationSet, maxConnections, allowPlaintext, timeoutSeconds } = settings;
  const endpoint = endpointOf(name, { endpoint: apiOf(settings), allowPlaintext });
  const api = createVendorClient(deps, {
    ...{ endpoint, table: sesTable, maxConnections, timeoutMs: timeoutSeconds * 1_000 },
    // Its id is in the body.
    isYesByStatus: false,
  });
  const source = createCredentialSource(name, settings, deps.clock);
  const keys: SigningKeys = new Map();

  const signed = async (
    request: Omit<VendorRequest, 'headers'> & { readonly body?: string },
  ): Promise<VendorRequest> => {
    const { awsSigned } = await import('../../../base/net/aws-signature.ts');
    const credentials = await source.get();
    const headers = await awsSigned(
      { ...request, url: new URL(request.path, endpoint).href, headers: { 'content-type': 'application/json' } },
      { credentials, service: 'ses', region, now: deps.clock.now(), keys },
    );
    return { ...request, headers };
  };

  async function sendPart(part: Parcel, content: string, stop: Parameters<Carrier['send']>[1]): Promise<SendResult> {
    const body = bodyOf(part, content, configurationSet);
    const request = stop.begun.aborted ? UNASKED : await signed({ method: 'POST', path: SEND_PATH, body });
    const namedBy = ({ message = '' }) => positionNamedIn(message, part);
    const result = await api.send({ part, stop, request, namedBy, idIn });
    if ([...result.outcomes.values()].some((outcome) => outcome.kind === 'unavailable' && outcome.account))
      source.doubt();
    return result;
  }

  const queue = queueOf(name, settings, { source, clock: deps.clock });

  return {
    ...(queue && { queue }),
    concurrency: maxConnections,
    learned: source.secrets,
    async send(parcel, stop, between) {
      const why = whyNot(parcel);
      if (why !== undefined) return { outcomes: forAll(parcel, unfit(why)) };
      const message = stop.begun.aborted ? Buffer.alloc(0) : await wholeOf(parcel, MAX_BYTES);
      if (message === undefined) return { outcomes: forAll(parcel, unfit(TOO_LARGE)) };
      const content = contentOf(message, configurationSet);
      return inRequests(parcel, { most: MAX_RECIPIENTS, between }, async (part) => {
        const { takes, refused } = inAscii(TITLE, part);
        if (takes.recipients.length === 0) return { outcomes: refused };
        const result = await sendPart(takes, content, stop).catch((error: unknown) => withoutCredentials(takes, error));
        return { ...result, outcomes: new Map([...result.outcomes, ...refused]) };
      });
    },
    async check() {
      try {
        const advice =
          'Check the credentials and what they permit (ses:GetAccount), the region, and the account at AWS.';
        const health = await api.look(await signed({ method: 'GET', path: ACCOUNT_PATH }), {
          ...{ advice, own: (heard) => healthOf(heard, region) },
        });
        if (health.account) source.doubt();
        return health;
      } catch (error) {
        if (!(error instanceof NoCredentials)) throw error;
        return { ok: false, account: true, detail: error.message };
      }
    },
    close: api.close,
  };
}

const SEND_PATH = '/v2/email/outbound-emails';
const ACCOUNT_PATH = '/v2/email/account';
/** What a client is given that will not send it. */
const UNASKED: VendorRequest = { method: 'POST', path: SEND_PATH, headers: {} };

/** Undefined where none is named. */
function queueOf(
  name: string,
  { events, region, allowPlaintext }: SesSettings,
  deps: Parameters<typeof createSqsQueue>[1],
): EventQueue | undefined {
  if (events?.sqsQueueUrl === undefined) return undefined;
  const { sqsQueueUrl: queueUrl, waitSeconds, endpoint = new URL(queueUrl).origin } = events;
  return createSqsQueue(
    { ...{ queueUrl, region, waitSeconds }, endpoint: endpointOf(name, { endpoint, allowPlaintext }) },
    deps,
  );
}

function whyNot({ from, headers, tags, utf8Header }: Parcel): string | undefined {
  const why = whyNotOwnFields(TITLE, headers, /^x-ses-/i);
  if (why !== undefined) return why;
  if (utf8Header) return `${TITLE} takes headers in ASCII alone, and an address of this one is not (${from.email}).`;
  const unfitting = tags.find((tag) => !/^[\w-]+$/.test(tag) || tag.length > MAX_TAG_LENGTH);
  if (unfitting === undefined) return undefined;
  return `${TITLE} takes tags of ASCII letters, digits, _ and - (${MAX_TAG_LENGTH} at most), unlike "${unfitting}".`;
}

/** In base64. SES takes the field out of the header again. */
function contentOf(message: Uint8Array, configurationSet: string | undefined): string {
  const field = configurationSet === undefined ? '' : `X-SES-CONFIGURATION-SET: ${configurationSet}\r\n`;
  const whole = field === '' ? message : Buffer.concat([Buffer.from(field), message]);
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('base64');
}

/** JSON. Who is in no field of the header stays invisible: these recipients are the envelope. */
function bodyOf(part: Parcel, content: string, configurationSet: string | undefined): string {
  const { recipients, messageId, tenantId, tags } = part;
  return JSON.stringify({
    Destination: { ToAddresses: recipients.map(({ address }) => address) },
    Content: { Raw: { Data: content } },
    EmailTags: [
      { Name: 'iep-message', Value: messageId },
      { Name: 'iep-tenant', Value: tenantId },
      ...tags.map((value, index) => ({ Name: `tag-${index + 1}`, Value: value })),
    ],
    ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
  });
}

/** `Invalid email address gone@example.com.` */
function positionNamedIn(message: string, { recipients }: Parcel): number | undefined {
  const said = message.toLowerCase();
  const named = recipients.filter(({ address }) => said.includes(address.toLowerCase()));
  // One address may be the end of another.
  return named.sort((a, b) => b.address.length - a.address.length)[0]?.position;
}

/** Throws other errors again. */
function withoutCredentials(part: Parcel, error: unknown): SendResult {
  if (!(error instanceof NoCredentials)) throw error;
  return { outcomes: forAll(part, { kind: 'unavailable', account: true, reply: plainReply(error.message) }) };
}

function idIn({ body }: Heard): string | undefined {
  return /"MessageId"\s*:\s*"([^"\\]{1,300})"/.exec(body)?.[1];
}
