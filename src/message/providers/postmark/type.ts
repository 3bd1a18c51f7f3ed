/** The provider type `postmark`: Postmark, by its API. */

import { hostOf, httpFlags, smtpEndpointFlag, vendorCapabilities } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { MAX_BYTES, MAX_RECIPIENTS } from './body.ts';
import { createPostmarkInbound } from './events.ts';
import { createPostmarkProvider } from './send.ts';
import { postmarkSchema } from './settings.ts';

export const postmark: ProviderType<typeof postmarkSchema> = {
  type: 'postmark',
  settings: postmarkSchema,
  secrets: ['serverToken', 'webhookPassword'],
  flags: {
    serverToken: { value: 'file', help: 'file with the token of the server at the vendor; - is standard input' },
    messageStream: { value: 'name', help: 'stream that messages go by, `outbound` where it is left out' },
    webhookUser: { value: 'user', help: 'user that the vendor logs in with when it calls back' },
    webhookPassword: { value: 'file', help: 'file with the password of that user' },
    ...httpFlags,
    smtpEndpoint: smtpEndpointFlag,
  },
  target: ({ endpoint }) => hostOf(endpoint),
  capabilities: () => vendorCapabilities({ takes: 'either', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS }),
  create: createPostmarkProvider,
  inboundSetting: '`webhookUser` and `webhookPassword`',
  inbound: ({ webhookUser: user, webhookPassword: password }) =>
    user === undefined || password === undefined ? undefined : createPostmarkInbound({ user, password }),
};
