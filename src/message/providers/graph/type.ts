/** The provider type `graph`: Microsoft 365, by Microsoft Graph, which takes messages whole and has no envelope. */

import { hostOf, httpFlags, vendorCapabilities } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { createGraphProvider, MAX_BYTES, MAX_RECIPIENTS } from './send.ts';
import { graphSchema } from './settings.ts';

export const graph: ProviderType<typeof graphSchema> = {
  type: 'graph',
  settings: graphSchema,
  secrets: ['clientSecret'],
  flags: {
    directoryId: { value: 'id', help: 'directory (tenant) in Entra' },
    clientId: { value: 'id', help: 'application (client) in Entra' },
    clientSecret: { value: 'file', help: 'file with the secret of the application; - is standard input' },
    mailbox: { value: 'address', help: "mailbox that sends; that of each message's sender where it is left out" },
    ...httpFlags,
  },
  target: ({ endpoint }) => hostOf(endpoint),
  capabilities: () => vendorCapabilities({ takes: 'mime', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS }),
  create: createGraphProvider,
};
