/** The provider `sendgrid`: messages of parts go to `POST /v3/mail/send`, whole ones to its SMTP endpoint. */

import { createPartsCarrier, type PartsVendor } from '../http/carrier.ts';
import { listsOf } from '../http/parts.ts';
import type { Carrier } from '../provider.ts';
import type { TypeDeps } from '../type.ts';
import { bodyOf, MAX_BYTES, MAX_RECIPIENTS, namesOthers, smtpApiField, TITLE, whyNot } from './body.ts';
import { sendgridTable } from './outcomes.ts';
import type { SendgridSettings } from './settings.ts';

/** What `POST /v3/mail/send` asks of a key. */
const SCOPE = 'mail.send';

export function createSendgridProvider(name: string, settings: SendgridSettings, deps: TypeDeps): Carrier {
  const { apiKey, ipPool } = settings;
  const vendor: PartsVendor = {
    ...{ title: TITLE, smtpUser: 'apikey', path: '/v3/mail/send', table: sendgridTable },
    ...{ key: apiKey, keyName: 'apiKey', keyFields: { authorization: `Bearer ${apiKey}` } },
    ...{ maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS, whyNot, ownFields: /^x-smtpapi$/i },
    recipientField: { name: 'x-smtpapi', namesOthers },
    // The answer to mail that was taken has no body.
    isYesByStatus: true,
    bodyOf: (part) => bodyOf(part, ipPool),
    smtpFieldOf: (part) => smtpApiField(part, ipPool),
    idIn: ({ headers }) => headers['x-message-id'],
    /** `personalizations.0.cc.1.email` is the second of the cc. */
    namedBy({ field = '' }, part) {
      const lists = listsOf(part);
      const [, list, index] = /^personalizations\.0\.(to|cc|bcc)\.(\d+)/.exec(field) ?? [];
      const email = lists[list as keyof typeof lists]?.[Number(index)]?.email;
      return part.recipients.find(({ address }) => address === email)?.position;
    },
    look: {
      path: '/v3/scopes',
      own({ status, body }) {
        if (status !== 200 || body.includes(`"${SCOPE}"`)) return undefined;
        return {
          ok: false,
          detail: `says that the key may not send mail. Give it the permission "Mail Send" (${SCOPE}).`,
        };
      },
    },
  };
  return createPartsCarrier(name, { vendor, settings }, deps);
}
