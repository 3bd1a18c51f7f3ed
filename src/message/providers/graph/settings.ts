/** What a `graph` provider is told in the configuration, and the grant that this makes. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { keyText } from '../key-text.ts';
import { type Grant, grantOf, tokenEndpointSchema } from '../oauth2/settings.ts';

export const ENDPOINT = 'https://graph.microsoft.com';
export const LOGIN_ENDPOINT = 'https://login.microsoftonline.com';

/** Whose tokens are asked for by their own names (learn.microsoft.com/graph/deployments, read 2026-11-30). */
const CLOUDS: readonly string[] = [
  ENDPOINT,
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
];

export const graphSchema = z.strictObject({
  type: z.literal('graph'),
  /** Of the organization in Entra, which calls it tenant: its id, or one of its domains. */
  directoryId: z.string().regex(/^[\w.-]+$/, 'must be the id of a directory, or one of its domains'),
  clientId: keyText,
  clientSecret: keyText,
  /** Whose mailbox sends; absent: the sender's own. */
  mailbox: z.string().min(1).optional(),
  ...httpSettings(ENDPOINT),
  /** Scheme, host and port of the service that gives tokens. */
  loginEndpoint: tokenEndpointSchema.default(LOGIN_ENDPOINT),
});

export type GraphSettings = z.output<typeof graphSchema>;

/** That of the application itself (client credentials), for all that it has been granted. */
export function grantFor(settings: GraphSettings): Grant {
  const { directoryId, clientId, clientSecret, loginEndpoint, endpoint } = settings;
  const origin = URL.parse(endpoint)?.origin ?? '';
  return grantOf(
    {
      tokenEndpoint: new URL(`/${directoryId}/oauth2/v2.0/token`, loginEndpoint).href,
      ...{ clientId, clientSecret, scope: `${CLOUDS.includes(origin) ? origin : ENDPOINT}/.default` },
    },
    { user: '', defaults: {} },
  );
}
