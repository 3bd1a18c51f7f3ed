/** The provider type `resend`: Resend, by its API. */

import { apiKeyFlag, hostOf, httpFlags, smtpEndpointFlag, vendorCapabilities } from '../http/settings.ts';
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
    apiKey: apiKeyFlag,
    webhookSecret: { value: 'file', help: 'file with the signing secret of the callback at the vendor' },
    ...httpFlags,
    smtpEndpoint: smtpEndpointFlag,
  },
  target: ({ endpoint }) => hostOf(endpoint),
  capabilities: () =>
    vendorCapabilities({ takes: 'either', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS, idempotent: true }),
  create: createResendProvider,
  inboundSetting: '`webhookSecret`',
  inbound: ({ webhookSecret }) => (webhookSecret === undefined ? undefined : createResendInbound(webhookSecret)),
};
