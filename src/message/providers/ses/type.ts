/** The provider type `ses`: Amazon SES, by its API, which takes messages whole. */

import { hostOf, httpFlags, vendorCapabilities } from '../http/settings.ts';
import type { ProviderType } from '../type.ts';
import { lateGuardedFetch } from './guarded.ts';
import { createSesProvider, MAX_BYTES, MAX_RECIPIENTS } from './send.ts';
import { apiOf, sesSchema } from './settings.ts';
import { createSnsInbound, networksFor } from './sns.ts';

export const ses: ProviderType<typeof sesSchema> = {
  type: 'ses',
  settings: sesSchema,
  secrets: ['secretAccessKey', 'sessionToken'],
  flags: {
    region: { value: 'region', help: '`us` or `eu` (mailgun), one of AWS such as `eu-central-1` (ses)' },
    accessKeyId: { value: 'id', help: 'public part of the access key' },
    secretAccessKey: { value: 'file', help: 'file with the secret access key; - is standard input' },
    configurationSet: { value: 'name', help: 'configuration set of the vendor that the mail goes by' },
    ...httpFlags,
  },
  target: (settings) => hostOf(apiOf(settings)),
  capabilities: () => vendorCapabilities({ takes: 'mime', maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS }),
  create: createSesProvider,
  inboundSetting: '`events.topicArns`',
  inbound: ({ events }) => {
    if (events?.topicArns === undefined) return undefined;
    return createSnsInbound({ ...events, topicArns: events.topicArns }, lateGuardedFetch(networksFor(events)));
  },
};
