/** The provider `postmark`: messages of parts go to `POST /email`, whole ones to its SMTP endpoint. */

import { createPartsCarrier, type PartsVendor } from '../http/carrier.ts';
import type { Carrier } from '../provider.ts';
import type { TypeDeps } from '../type.ts';
import { bodyOf, MAX_BYTES, MAX_RECIPIENTS, smtpFields, TITLE, whyNot } from './body.ts';
import { postmarkTable } from './outcomes.ts';
import type { PostmarkSettings } from './settings.ts';

export function createPostmarkProvider(name: string, settings: PostmarkSettings, deps: TypeDeps): Carrier {
  const { serverToken, messageStream } = settings;
  const vendor: PartsVendor = {
    ...{ title: TITLE, smtpUser: serverToken, path: '/email', table: postmarkTable },
    ...{ key: serverToken, keyName: 'serverToken', keyFields: { 'x-postmark-server-token': serverToken } },
    ...{ maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS, whyNot, ownFields: /^x-pm-/i },
    // Its id is in the body, and so is a no.
    isYesByStatus: false,
    bodyOf: (part) => bodyOf(part, messageStream),
    headersOf: () => ({ accept: 'application/json' }),
    smtpFieldOf: (part) => smtpFields(part, messageStream),
    idIn: ({ body }) => /"MessageID"\s*:\s*"([\w-]{1,100})"/.exec(body)?.[1],
    /** It says addresses in small letters. */
    namedBy({ address }, { recipients }) {
      if (address === undefined) return recipients.length === 1 ? recipients[0]?.position : undefined;
      return recipients.find((one) => one.address.toLowerCase() === address.toLowerCase())?.position;
    },
    look: { path: '/server', own: () => undefined },
  };
  return createPartsCarrier(name, { vendor, settings }, deps);
}
