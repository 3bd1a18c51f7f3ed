/** The provider type `smtp`: a relay, or whatever else speaks SMTP. */

import { oauth2Flags } from '../oauth2/flags.ts';
import { oauth2Secrets } from '../oauth2/settings.ts';
import type { ProviderType } from '../type.ts';
import { presetNames } from './presets.ts';
import { createSmtpProvider } from './send.ts';
import { DEFAULT_PORT, serverOf, smtpSchema } from './settings.ts';

export const smtp: ProviderType<typeof smtpSchema> = {
  type: 'smtp',
  settings: smtpSchema,
  secrets: ['password', ...oauth2Secrets.map((name) => `oauth2.${name}`)],
  presets: presetNames,
  flags: {
    preset: { value: 'service', help: `a service whose host, port and tls are known: ${presetNames.join(', ')}` },
    host: { value: 'host', help: 'mail server or relay' },
    port: { value: 'port', help: `its port; ${DEFAULT_PORT} where it is left out` },
    tls: { value: 'mode', help: '`required`, `implicit`, `opportunistic` or `none`' },
    username: { value: 'name', help: 'login there' },
    password: { value: 'file', help: 'file with the password; - is standard input' },
    ...oauth2Flags,
    maxConnections: { value: 'n', help: 'connections at once' },
  },
  target(settings) {
    const { host, port } = serverOf(settings);
    return `${host}:${port}`;
  },
  capabilities: ({ maxRecipients, dkim, preset, returnPath = preset === undefined }) => ({
    ...{ takes: 'mime', maxRecipients, wantsDkim: dkim, idempotent: false, returnPath },
  }),
  create: createSmtpProvider,
};
