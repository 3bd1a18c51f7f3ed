/** The provider type `mailgun`: Mailgun, by its API, which takes messages whole. */

import { apiKeyFlag, hostOf, httpFlags, vendorCapabilities } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { createMailgunInbound } from './events.ts';
import { createMailgunProvider, MAX_BYTES, MAX_RECIPIENTS } from './send.ts';
import { apiOf, mailgunSchema } from './settings.ts';

export const mailgun: ProviderType<typeof mailgunSchema> = {
  type: 'mailgun',
  settings: mailgunSchema,
  secrets: ['apiKey', 'webhookSigningKey'],
  flags: {
    apiKey: apiKeyFlag,
    domain: { value: 'domain', help: 'sending domain at the vendor' },
    region: { value: 'region', help: '`us` or `eu`' },
    webhookSigningKey: { value: 'file', help: 'file with the key that the vendor signs callbacks with' },
    ...httpFlags,
  },
  target: (settings) => hostOf(apiOf(settings)),
  capabilities: () => vendorCapabilities({ takes: 'mime', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS }),
  create: createMailgunProvider,
  inboundSetting: '`webhookSigningKey`',
  inbound: ({ webhookSigningKey }) =>
    webhookSigningKey === undefined ? undefined : createMailgunInbound(webhookSigningKey),
};
