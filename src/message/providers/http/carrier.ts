/**
 * The carrier of a vendor whose API takes a message by its parts, and asks for somebody in `To`. Whole messages go over the
 * vendor's SMTP endpoint with the same key, byte for byte; so do messages none of whose open recipients stands in `To`, because
 * the API would write another header than the caller.
 */

import type { Outcome } from '../../../core/outcome.ts';
import type { Carrier, Parcel, SendResult } from '../provider.ts';
import { inRequests } from '../requests.ts';
import type { TypeDeps } from '../type.ts';
import { createVendorClient, type OwnHealth } from './client.ts';
import type { AnswerTable, Fault, Heard } from './outcomes.ts';
import { valuesOf, whyNotOwnFields } from './own-fields.ts';
import { inAscii, listsOf, whyNotParts, withField } from './parts.ts';
import { endpointOf } from './settings.ts';
import { createSmtpEndpoint } from './smtp-endpoint.ts';
import { forAll, unfit } from './unfit.ts';

/** What is the vendor's own. */
export interface PartsVendor {
  /** As people call it. */
  readonly title: string;
  readonly table: AnswerTable;
  /** Whether a yes whose body broke off is one: the body has nothing that is needed. */
  readonly isYesByStatus: boolean;
  /** Of a request. */
  readonly maxBytes: number;
  /** Of a request: to, cc and bcc together. */
  readonly maxRecipients: number;
  readonly key: string;
  /** The setting that holds it. */
  readonly keyName: string;
  /** The fields of a request's header that carry it. */
  readonly keyFields: Readonly<Record<string, string>>;
  readonly smtpUser: string;
  /** Where messages are posted. */
  readonly path: string;
  /** Names of header fields by which it is told what to do with a message. */
  readonly ownFields: RegExp;
  /** By which a message that comes whole may go to others than its recipients. `name`: in lower case. */
  readonly recipientField?: { readonly name: string; namesOthers(value: string): boolean };
  /** A sentence that names what of a message it cannot carry; undefined where it carries all. */
  whyNot(parcel: Parcel): string | undefined;
  /** JSON. Every recipient of the part is in it once. */
  bodyOf(part: Parcel): Promise<string>;
  headersOf?(part: Parcel): Readonly<Record<string, string>>;
  /** What stands in the request beside the message, as a header field that the vendor reads over SMTP. */
  smtpFieldOf(part: Parcel): string;
  /** The position of the recipient that a fault names; undefined where that cannot be told. */
  namedBy(fault: Fault, part: Parcel): number | undefined;
  /** What the vendor calls the message that it took. */
  idIn(heard: Heard): string | undefined;
  /** What is asked to see whether the key is good, and what the vendor's own answers to that mean. */
  readonly look: { readonly path: string; own(heard: Heard): OwnHealth | undefined };
}

export interface PartsSettings {
  readonly endpoint: string;
  readonly smtpEndpoint: string;
  readonly allowPlaintext: boolean;
  readonly maxConnections: number;
  readonly timeoutSeconds: number;
}

/** Throws the refusal `bad_config` where the settings contradict each other. Connects to nothing yet. */
export function createPartsCarrier(
  name: string,
  { vendor, settings }: { readonly vendor: PartsVendor; readonly settings: PartsSettings },
  deps: TypeDeps,
): Carrier {
  const { maxConnections, allowPlaintext, smtpEndpoint, timeoutSeconds } = settings;
  const { title, maxBytes, table, isYesByStatus } = vendor;
  const timeoutMs = timeoutSeconds * 1_000;
  const api = createVendorClient(deps, {
    endpoint: endpointOf(name, settings),
    ...{ table, isYesByStatus, maxConnections, timeoutMs },
  });
  const smtp = createSmtpEndpoint(
    name,
    { endpoint: smtpEndpoint, user: vendor.smtpUser, secret: vendor.key, maxConnections, allowPlaintext },
    deps,
  );
  const headers = vendor.keyFields;
  const bySmtp: Carrier['send'] = async (...parcel) => withIds(await smtp.send(...parcel));

  return {
    concurrency: maxConnections,
    async send(parcel, stop, between) {
      if (!parcel.rendered) return sendWhole(parcel, stop, between);
      const why =
        whyNotParts(title, parcel) ?? whyNotOwnFields(title, parcel.headers, vendor.ownFields) ?? vendor.whyNot(parcel);
      if (why !== undefined) return { outcomes: forAll(parcel, unfit(why)) };
      return inRequests(parcel, { most: vendor.maxRecipients, between }, async (part) => {
        const { takes, refused } = inAscii(title, part);
        if (takes.recipients.length === 0) return { outcomes: refused };
        if (listsOf(takes).to.length === 0)
          return joined(await bySmtp(withField(takes, vendor.smtpFieldOf(takes)), stop, between), refused);
        const body = await vendor.bodyOf(takes);
        const tooLarge = whyTooLarge(body);
        if (tooLarge !== undefined) return { outcomes: forAll(part, unfit(tooLarge)) };
        const own = vendor.headersOf?.(takes);
        const request = {
          ...{ method: 'POST' as const, path: vendor.path, body },
          headers: { ...headers, 'content-type': 'application/json', ...own },
        };
        const namedBy = (fault: Fault) => vendor.namedBy(fault, takes);
        return joined(await api.send({ part: takes, stop, request, namedBy, idIn: vendor.idIn }), refused);
      });
    },
    check: () =>
      api.look(
        { method: 'GET', path: vendor.look.path, headers },
        { advice: `Check ${vendor.keyName}, and the account at ${title}.`, own: vendor.look.own },
      ),
    async close() {
      await Promise.all([api.close(), smtp.close()]);
    },
  };

  async function sendWhole(...given: Parameters<Carrier['send']>): Promise<SendResult> {
    const [parcel, stop] = given;
    const { recipientField: field } = vendor;
    const values = field && !stop.begun.aborted ? await valuesOf(parcel, field.name) : [];
    if (field && values.some(field.namesOthers))
      return { outcomes: forAll(parcel, unfit(`${title} would send this message to whom its ${field.name} names.`)) };
    return bySmtp(...given);
  }

  function whyTooLarge(body: string): string | undefined {
    const size = Buffer.byteLength(body);
    if (size <= maxBytes) return undefined;
    return `${title} takes ${inMiB(maxBytes)} MiB, and this message has ${inMiB(size)}.`;
  }
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}

/** Vendors say their id by SMTP too: `250 Ok: queued as ryzVhPpKQ6GpSLqKdVBVGg`. */
function withIds(result: SendResult): SendResult {
  const ids = [...result.outcomes].flatMap(([position, { kind, reply }]) => {
    const id = kind === 'delivered' ? /\bqueued as (\S+)/i.exec(reply.text)?.[1] : undefined;
    return id === undefined ? [] : [[position, id] as const];
  });
  return { ...result, ...(ids.length > 0 && { ids: new Map(ids) }) };
}

function joined(result: SendResult, refused: ReadonlyMap<number, Outcome>): SendResult {
  return refused.size === 0 ? result : { ...result, outcomes: new Map([...result.outcomes, ...refused]) };
}
