/**
 * Signing in at a login provider, by the authorization code flow of OpenID Connect with PKCE, state and nonce. Nothing is kept of a
 * login under way: the browser holds a secret in a cookie that no script reads, and all three are made of it.
 */

import { createHmac, randomBytes } from 'node:crypto';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { LoginProviderSettings } from '../core/login-provider.ts';
import { MAX_NAME_LENGTH, shown } from '../core/shown.ts';
import type { Factor, Identity } from '../db/verbs/people.ts';
import { type ClaimedRights, type Claims, claimAt, claimedEmail, claimedFactor, claimedRights } from './claims.ts';
import { discoverProvider, discoveryFault } from './discover-provider.ts';
import type { Configuration } from './openid.ts';

/** Who came back from a login provider. */
export interface ProvedLogin {
  readonly identity: Identity;
  /** In lower case; absent where the provider does not vouch for one. */
  readonly email?: string;
  /** Absent where roles are decided here. */
  readonly rights?: ClaimedRights;
  readonly shown: Factor;
  /** When that was; absent where the provider does not tell. */
  readonly shownAt?: number;
}

/** `sign-in`: whatever login the provider remembers does. `again`: its user has to sign in there now. */
export type LoginPurpose = 'sign-in' | 'again';

export interface LoginReturn {
  readonly purpose: LoginPurpose;
  /** Of our page that the provider leads back to. */
  readonly redirectUri: string;
  /** What stands behind `?` in its address then. */
  readonly returned: string;
  /** What `begin` answered; empty where the browser kept nothing. */
  readonly secret: string;
}

export interface LoginProviders {
  names(): readonly string[];
  /** Those that are configured, of these issuers. */
  namesOf(issuers: readonly string[]): readonly string[];
  /** Where the browser goes, and what it keeps meanwhile. Refuses with `not_found`, or `login_provider_unavailable`. */
  begin(
    name: string,
    to: Pick<LoginReturn, 'purpose' | 'redirectUri'>,
  ): Promise<{ readonly url: string; readonly secret: string }>;
  /** A text says what is wrong with what came back. Refuses with `not_found`, or `login_provider_unavailable`. */
  finish(name: string, back: LoginReturn): Promise<ProvedLogin | string>;
}

/** How long ago a login may be that was asked for now: there is a second factor to be found, and a consent to be read. */
const AGAIN_SECONDS = 300;
/** A provider that changes its endpoints tells long before. */
const KNOWN_MS = 3_600_000;
const SECRET_BYTES = 32;
/** In base64url. */
const SECRET_LENGTH = Math.ceil((SECRET_BYTES * 4) / 3);

/** Faults of what came back, and not of the way to the provider. */
const faultsOfAnswer = new Set([
  ...['OAUTH_INVALID_RESPONSE', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'],
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
]);

export function createLoginProviders(
  deps: { readonly clock: Pick<Clock, 'now'>; readonly log?: Pick<Log, 'warn'> },
  options: { readonly providers: readonly LoginProviderSettings[] },
): LoginProviders {
  const { clock, log } = deps;
  const known = new WeakMap<
    LoginProviderSettings,
    { readonly until: number; readonly found: Promise<Configuration> }
  >();

  function named(name: string): LoginProviderSettings {
    const settings = options.providers.find((one) => one.name === name);
    if (settings === undefined) throw new IepError('not_found', 'No login provider is called so');
    return settings;
  }

  /** One question for all who wait; what failed is asked anew. */
  async function discover(settings: LoginProviderSettings): Promise<Configuration> {
    const before = known.get(settings);
    if (before !== undefined && clock.now() < before.until) return before.found;
    const found = discoverProvider(settings).catch((error: unknown) => {
      known.delete(settings);
      throw unavailable(settings, error);
    });
    known.set(settings, { until: clock.now() + KNOWN_MS, found });
    return found;
  }

  function unavailable({ name }: LoginProviderSettings, error: unknown): IepError {
    log?.warn({ loginProvider: name, reason: discoveryFault(error) }, 'a login provider cannot be asked');
    return new IepError('login_provider_unavailable', `${name} does not answer, or not as it has to`);
  }

  /** What is wrong with what came back; the refusal where that is not to blame. */
  async function wrong(settings: LoginProviderSettings, error: unknown): Promise<string> {
    const { AuthorizationResponseError, ResponseBodyError } = await import('./openid.ts');
    const { name } = settings;
    if (error instanceof AuthorizationResponseError) {
      return `${name} did not sign you in: ${shown(error.error, MAX_NAME_LENGTH)}`;
    }
    const isUsed = error instanceof ResponseBodyError && error.error === 'invalid_grant';
    const isWrong = error instanceof Error && 'code' in error && faultsOfAnswer.has(String(error.code));
    if (!isUsed && !isWrong) throw unavailable(settings, error);
    log?.warn(
      { loginProvider: name, reason: discoveryFault(error) },
      'a login was refused that came back from its provider',
    );
    return `What came back from ${name} is not the answer to what was asked, or was used before`;
  }

  return {
    names: () => options.providers.map(({ name }) => name),
    namesOf: (issuers) =>
      options.providers.filter(({ issuer }) => issuers.some((one) => isSame(one, issuer))).map(({ name }) => name),
    async begin(name, { purpose, redirectUri }) {
      const settings = named(name);
      const configuration = await discover(settings);
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('./openid.ts');
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const { state, nonce, verifier } = madeOf(secret, { name, purpose });
      const url = buildAuthorizationUrl(configuration, {
        ...{ redirect_uri: redirectUri, scope: scopeFor(configuration, settings), state, nonce },
        ...{ code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
        ...(purpose === 'again' && { prompt: 'login', max_age: '0' }),
      });
      return { url: url.href, secret };
    },
    async finish(name, { purpose, redirectUri, returned, secret }) {
      const settings = named(name);
      // Anybody can derive a state from an empty secret, and sign a stranger's browser in as another person with it.
      if (secret.length !== SECRET_LENGTH) return `This browser did not ask for a login at ${name}`;
      const configuration = await discover(settings);
      const { authorizationCodeGrant } = await import('./openid.ts');
      const { state, nonce, verifier } = madeOf(secret, { name, purpose });
      const at = new URL(redirectUri);
      at.search = returned;
      try {
        const tokens = await authorizationCodeGrant(configuration, at, {
          ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
          ...(purpose === 'again' && { maxAge: AGAIN_SECONDS }),
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Error('the ID token is missing');
        const whole = await withUserInfo(claims, { configuration, settings, accessToken: tokens.access_token });
        return provedBy(whole, { identity: { issuer: claims.iss, subject: claims.sub }, settings, now: clock.now() });
      } catch (error) {
        return wrong(settings, error);
      }
    },
  };
}

/** None can be made of another, and none without the secret. */
function madeOf(secret: string, { name, purpose }: { readonly name: string; readonly purpose: LoginPurpose }) {
  const make = (what: string) => createHmac('sha256', secret).update(`${what} ${purpose} ${name}`).digest('base64url');
  // The page that the browser comes back to has to know what for.
  return { state: `${make('state')}.${purpose}`, nonce: make('nonce'), verifier: make('verifier') };
}

/** Some providers tell a claim such as `groups` only where it is asked for as a scope. */
function scopeFor(configuration: Configuration, { roles }: LoginProviderSettings): string {
  const offered = configuration.serverMetadata().scopes_supported ?? [];
  const ofRoles = roles !== undefined && offered.includes(roles.claim) ? [roles.claim] : [];
  return ['openid', 'email', ...ofRoles].join(' ');
}

/** What the ID token leaves out may stand at the UserInfo endpoint; what both say, the token says. */
async function withUserInfo(
  claims: Claims,
  at: {
    readonly configuration: Configuration;
    readonly settings: LoginProviderSettings;
    readonly accessToken: string;
  },
): Promise<Claims> {
  const { configuration, settings, accessToken } = at;
  const { roles } = settings;
  const isWhole = claims.email !== undefined && (roles === undefined || claimAt(claims, roles.claim) !== undefined);
  if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const { fetchUserInfo } = await import('./openid.ts');
  return { ...(await fetchUserInfo(configuration, accessToken, String(claims.sub))), ...claims };
}

function provedBy(
  claims: Claims,
  by: { readonly identity: Identity; readonly settings: LoginProviderSettings; readonly now: number },
): ProvedLogin {
  const { identity, settings, now } = by;
  const { roles, trustEmail } = settings;
  const email = claimedEmail(claims, trustEmail);
  const { auth_time: at } = claims;
  return {
    identity,
    ...(email !== undefined && { email }),
    ...(roles && { rights: claimedRights(claims, roles) }),
    shown: claimedFactor(claims),
    ...(typeof at === 'number' && { shownAt: Math.min(at * 1_000, now) }),
  };
}

/** One has a slash at its end where the other may have none. */
function isSame(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '');
}
