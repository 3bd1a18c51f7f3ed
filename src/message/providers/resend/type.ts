/** The provider type `resend`: Resend, by its API. */

import { httpFlags } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { MAX_BYTES, MAX_RECIPIENTS } from './body.ts';
import { createResendInbound } from './events.ts';
import { createResendProvider } from './send.ts';
import { resendSchema } from './settings.ts';

export const resend: ProviderType<typeof resendSchema> = {
  type: 'resend',
  settings: resendSchema,
  secrets: ['apiKey', 'webhookSecret'],
  flags: {
    apiKey: { value: 'file', help: "file with the key of the vendor's API; - is standard input" },
    webhookSecret: { value: 'file', help: 'file with the signing secret of the callback at the vendor' },
    ...httpFlags,
    smtpEndpoint: { value: 'host:port', help: 'where whole messages go, where it is not the usual one' },
  },
  target: ({ endpoint }) => URL.parse(endpoint)?.host ?? '',
  // It signs with the key of the domain that is verified there, and has changed the message by then.
  capabilities: () => ({
    ...{ takes: 'either', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS },
    ...{ wantsDkim: false, idempotent: true },
  }),
  create: createResendProvider,
  inbound: ({ webhookSecret }) => (webhookSecret === undefined ? undefined : createResendInbound(webhookSecret)),
};
