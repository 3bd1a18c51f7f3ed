/** What a provider is told to get OAuth2 tokens with, and the grant that this makes. */

import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { keyText } from '../key-text.ts';

const text = z.string().min(1);
export const tokenEndpointSchema = z
  .string()
  .refine(isSafeEndpoint, 'must be an https: URL without a login; http: is for loopback addresses alone');

export const oauth2Schema = z.strictObject({
  tokenEndpoint: tokenEndpointSchema.optional(),
  clientId: keyText.optional(),
  clientSecret: keyText.optional(),
  /** Of the user who agreed once; absent: the application has tokens of its own. */
  refreshToken: keyText.optional(),
  /** The key file of a Google service account, which has more in it than is used. */
  serviceAccount: z
    .object({
      client_email: text,
      private_key: text,
      private_key_id: text.optional(),
      token_uri: tokenEndpointSchema.default('https://oauth2.googleapis.com/token'),
    })
    .optional(),
  /** The user for whom the service account acts. */
  subject: text.optional(),
  scope: text.optional(),
});

/** Of these settings, what is never shown. */
export const oauth2Secrets = ['clientSecret', 'refreshToken', 'serviceAccount.private_key'] as const;

export type Oauth2Config = z.output<typeof oauth2Schema>;

/** A way to ask for a token, whole. */
export type Grant = { readonly endpoint: URL; readonly scope?: string } & (
  | { readonly kind: 'client'; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly kind: 'refresh';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
    }
  | {
      readonly kind: 'service account';
      readonly issuer: string;
      readonly key: KeyObject;
      readonly keyId?: string;
      readonly subject: string;
    }
);

/** What the service is known to want, where the settings say nothing. */
export interface GrantDefaults {
  readonly tokenEndpoint?: string;
  readonly scope?: string;
}

/** Throws the refusal `bad_config` where something is missing, or does not go together. `user`: whose mailbox it is. */
export function grantOf(
  config: Oauth2Config,
  told: { readonly user: string; readonly defaults: GrantDefaults },
): Grant {
  const { clientId, clientSecret, refreshToken, serviceAccount, subject } = config;
  const scope = config.scope ?? told.defaults.scope;
  if (serviceAccount !== undefined) {
    const given = ['tokenEndpoint', 'clientId', 'clientSecret', 'refreshToken'] as const;
    const extra = given.find((name) => config[name] !== undefined);
    if (extra !== undefined) throw wrong(`has serviceAccount and ${extra}, and takes one of them`);
    if (scope === undefined) throw wrong('needs scope');
    const { client_email: issuer, private_key, private_key_id: keyId, token_uri } = serviceAccount;
    return {
      ...{ kind: 'service account', endpoint: new URL(token_uri), issuer, key: rsaKey(private_key), scope },
      ...(keyId !== undefined && { keyId }),
      subject: subject ?? told.user,
    };
  }
  if (subject !== undefined) throw wrong('has subject, which is for serviceAccount alone');
  const tokenEndpoint = config.tokenEndpoint ?? told.defaults.tokenEndpoint;
  if (tokenEndpoint === undefined) throw wrong('needs tokenEndpoint');
  if (clientId === undefined || clientSecret === undefined) throw wrong('needs clientId and clientSecret');
  const client = { endpoint: new URL(tokenEndpoint), clientId, clientSecret };
  // What was agreed to once stands in the refresh token.
  if (refreshToken !== undefined) {
    return { kind: 'refresh', ...client, refreshToken, ...(config.scope !== undefined && { scope: config.scope }) };
  }
  if (scope === undefined) throw wrong('needs scope');
  return { kind: 'client', ...client, scope };
}

function wrong(what: string): IepError {
  return new IepError('bad_config', `oauth2 ${what}`);
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw wrong('has a serviceAccount.private_key that cannot be read: give the key file as Google made it');
  }
  if (key.asymmetricKeyType !== 'rsa') throw wrong('has a serviceAccount.private_key that is not an RSA key');
  return key;
}

/** Who can read the traffic to it has the secrets that are sent there. */
function isSafeEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')));
}
