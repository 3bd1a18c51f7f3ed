/** Asks a token endpoint for a token: RFC 6749 §4.4 (client), §6 (refresh), and RFC 7523 (service account). */

import { sign } from 'node:crypto';
import { reasonOf } from '../../../base/net/reason.ts';
import { withoutSecrets } from '../../../core/secret-names.ts';
import { oneLine } from '../reply.ts';
import type { Grant } from './settings.ts';

/** For all of it, from the name's lookup to the last byte of the answer. */
const TIME_LIMIT_MS = 15_000;
const MAX_BYTES = 64 * 1024;
/** Where the endpoint does not say how long a token lives. */
const DEFAULT_LIFE_SECONDS = 300;
/** A token that is said to live less is used as long all the same, or each message would ask for one; where it is refused, another is asked for. */
const LEAST_LIFE_SECONDS = 10;
/** Characters of a token. It goes into the header of each request, for which servers allow 8 to 16 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1024;
/** The longest that Google takes. */
const ASSERTION_SECONDS = 3_600;

export interface Granted {
  readonly accessToken: string;
  readonly lifeMs: number;
  /** To be used the next time in place of the one before. */
  readonly refreshToken?: string;
}

/** There is no token. */
export class NoToken extends Error {
  /** The endpoint says no to what it was shown, and will until somebody changes something. */
  readonly isRefused: boolean;
  /** What answers there answers as no token endpoint does. */
  readonly isStrange: boolean;

  constructor(
    message: string,
    how: { readonly isRefused: boolean; readonly isStrange?: boolean; readonly cause?: unknown },
  ) {
    super(oneLine(message), { cause: how.cause });
    this.isRefused = how.isRefused;
    this.isStrange = how.isStrange ?? false;
  }
}

/** Rejects with NoToken. `now`: epoch ms. */
export async function askForToken(grant: Grant, now: number): Promise<Granted> {
  const { createHttpClient, HttpFailure } = await import('../../../base/net/http-client.ts');
  const { host } = grant.endpoint;
  const http = createHttpClient({ maxConnections: 1 });
  try {
    const { status, body } = await http.ask(grant.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(formOf(grant, now)).toString(),
      timeoutMs: TIME_LIMIT_MS,
      maxBytes: MAX_BYTES,
    });
    return read(host, status, answerOf(body));
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    const why = cause.isLate ? `no answer within ${TIME_LIMIT_MS / 1_000} s` : reasonOf(cause.cause);
    throw new NoToken(`${host} gave no token: ${why}`, { isRefused: false, cause });
  } finally {
    http.close();
  }
}

function formOf(grant: Grant, now: number): Record<string, string> {
  const scope = grant.scope === undefined ? {} : { scope: grant.scope };
  if (grant.kind === 'service account') {
    return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertionOf(grant, now) };
  }
  const client = { client_id: grant.clientId, client_secret: grant.clientSecret, ...scope };
  if (grant.kind === 'client') return { grant_type: 'client_credentials', ...client };
  return { grant_type: 'refresh_token', refresh_token: grant.refreshToken, ...client };
}

/** A JSON Web Token (RFC 7519) as developers.google.com/identity/protocols/oauth2/service-account has it. */
function assertionOf(grant: Grant & { readonly kind: 'service account' }, now: number): string {
  const iat = Math.floor(now / 1_000);
  const header = { alg: 'RS256', typ: 'JWT', ...(grant.keyId !== undefined && { kid: grant.keyId }) };
  const claims = {
    ...{ iss: grant.issuer, sub: grant.subject, scope: grant.scope, aud: grant.endpoint.href },
    ...{ iat, exp: iat + ASSERTION_SECONDS },
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), grant.key).toString('base64url')}`;
}

type Answer = Readonly<Record<string, unknown>>;

/** Empty where it is not a JSON object. */
function answerOf(body: Uint8Array): Answer {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function read(host: string, status: number, answer: Answer): Granted {
  const { access_token: accessToken, expires_in: life, refresh_token: refreshToken } = answer;
  if (status === 200 && isToken(accessToken)) {
    // A number by RFC 6749 §5.1; some write it as text.
    const said = Number(life ?? DEFAULT_LIFE_SECONDS);
    const seconds = said > 0 && Number.isFinite(said) ? Math.max(said, LEAST_LIFE_SECONDS) : DEFAULT_LIFE_SECONDS;
    return {
      accessToken,
      lifeMs: seconds * 1_000,
      ...(isToken(refreshToken) && { refreshToken }),
    };
  }
  const said = [answer.error, answer.error_description].filter((text) => typeof text === 'string' && text !== '');
  const without =
    typeof accessToken === 'string' && accessToken.length > MAX_TOKEN_LENGTH ? TOO_LONG : 'without a token';
  // What follows begins a sentence of its own.
  const why = said.length > 0 ? oneLine(said.join(': ')).replace(/\.\s*$/, '') : `status ${status} ${without}`;
  const isRefused = status >= 400 && status < 500 && ![408, 425, 429].includes(status) && !isOfTheMoment(answer.error);
  // An endpoint may say back what it was asked: the form, with the assertion in it, which is good for an hour.
  const shownWhy = withoutSecrets(why);
  throw new NoToken(`${host} ${isRefused ? 'refuses the grant' : 'gave no token'}: ${shownWhy}`, {
    isRefused,
    isStrange: status < 400,
  });
}

const TOO_LONG = `with a token of more than ${MAX_TOKEN_LENGTH} characters`;

function isToken(value: unknown): value is string {
  // RFC 6749 appendix A.12: it goes into a header or a login as it is.
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && /^[\x20-\x7e]+$/.test(value);
}

function isOfTheMoment(error: unknown): boolean {
  return ['temporarily_unavailable', 'server_error', 'slow_down'].includes(String(error));
}
