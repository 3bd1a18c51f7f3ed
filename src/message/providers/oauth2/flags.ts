/** The options of the command line for what a provider is told to get OAuth2 tokens with. */

import type { Flag } from '../type.ts';

/** By their paths in a provider that has them as `oauth2`. */
export const oauth2Flags: Readonly<Record<string, Flag>> = {
  'oauth2.tokenEndpoint': { value: 'url', help: 'where tokens are asked for' },
  'oauth2.clientId': { value: 'id', help: 'application (client)' },
  'oauth2.clientSecret': { value: 'file', help: 'file with the secret of the application; - is standard input' },
  'oauth2.refreshToken': { value: 'file', help: 'file with what a user agreed to once' },
  'oauth2.serviceAccount': { value: 'file', help: 'key file of a Google service account, in JSON' },
  'oauth2.subject': {
    value: 'address',
    help: 'the user for whom the service account acts; `username` where it is left out',
  },
  'oauth2.scope': { value: 'scope', help: 'what the token is for; that of the preset where it is left out' },
};
