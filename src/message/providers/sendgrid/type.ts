/** The provider type `sendgrid`: Twilio SendGrid, by its v3 Web API. */

import { apiKeyFlag, hostOf, httpFlags, vendorCapabilities } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { MAX_BYTES, MAX_RECIPIENTS } from './body.ts';
import { createSendgridInbound } from './events.ts';
import { readPublicKey } from './public-key.ts';
import { createSendgridProvider } from './send.ts';
import { SMTP_ENDPOINT, sendgridSchema } from './settings.ts';

export const sendgrid: ProviderType<typeof sendgridSchema> = {
  type: 'sendgrid',
  settings: sendgridSchema,
  secrets: ['apiKey'],
  flags: {
    apiKey: apiKeyFlag,
    ...httpFlags,
    webhookPublicKey: { value: 'key', help: 'verification key of the callback at the vendor' },
    ipPool: { value: 'name', help: 'pool of dedicated addresses that the mail leaves from' },
    smtpEndpoint: { value: 'host:port', help: `where whole messages go; ${SMTP_ENDPOINT} where it is left out` },
  },
  target: ({ endpoint }) => hostOf(endpoint),
  capabilities: () => vendorCapabilities({ takes: 'either', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS }),
  create: createSendgridProvider,
  inboundSetting: '`webhookPublicKey`',
  inbound({ webhookPublicKey }) {
    const key = webhookPublicKey === undefined ? undefined : readPublicKey(webhookPublicKey);
    return key && createSendgridInbound(key);
  },
};
