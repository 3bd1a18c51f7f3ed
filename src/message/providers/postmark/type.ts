/** The provider type `postmark`: Postmark, by its API. */

import { httpFlags } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { MAX_BYTES, MAX_RECIPIENTS } from './body.ts';
import { createPostmarkProvider } from './send.ts';
import { postmarkSchema } from './settings.ts';

export const postmark: ProviderType<typeof postmarkSchema> = {
  type: 'postmark',
  settings: postmarkSchema,
  secrets: ['serverToken'],
  flags: {
    serverToken: { value: 'file', help: 'file with the token of the server at the vendor; - is standard input' },
    messageStream: { value: 'name', help: 'stream that messages go by, `outbound` where it is left out' },
    ...httpFlags,
    smtpEndpoint: { value: 'host:port', help: 'where whole messages go, where it is not the usual one' },
  },
  target: ({ endpoint }) => URL.parse(endpoint)?.host ?? '',
  // It signs with the key of the domain that is verified there, and has changed the message by then.
  capabilities: () => ({
    ...{ takes: 'either', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS },
    ...{ wantsDkim: false, idempotent: false },
  }),
  create: createPostmarkProvider,
};
