/** The provider type `mailgun`: Mailgun, by its API, which takes messages whole. */

import { httpFlags } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { createMailgunInbound } from './events.ts';
import { createMailgunProvider, MAX_BYTES, MAX_RECIPIENTS } from './send.ts';
import { apiOf, mailgunSchema } from './settings.ts';

export const mailgun: ProviderType<typeof mailgunSchema> = {
  type: 'mailgun',
  settings: mailgunSchema,
  secrets: ['apiKey', 'webhookSigningKey'],
  flags: {
    apiKey: { value: 'file', help: "file with the key of the vendor's API; - is standard input" },
    domain: { value: 'domain', help: 'sending domain at the vendor' },
    region: { value: 'region', help: '`us` or `eu`' },
    webhookSigningKey: { value: 'file', help: 'file with the key that the vendor signs callbacks with' },
    ...httpFlags,
  },
  target: (settings) => URL.parse(apiOf(settings))?.host ?? '',
  // It signs with the key of the domain; what IEP signed would be changed by then.
  capabilities: () => ({
    ...{ takes: 'mime', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS },
    ...{ wantsDkim: false, idempotent: false },
  }),
  create: createMailgunProvider,
  inbound: ({ webhookSigningKey }) =>
    webhookSigningKey === undefined ? undefined : createMailgunInbound(webhookSigningKey),
};
