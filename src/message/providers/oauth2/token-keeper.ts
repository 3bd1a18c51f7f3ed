/**
 * The OAuth2 token of one provider: asked for once for all who wait, renewed before it ends, kept over a restart. A refresh
 * token that the service gives in place of the one before is kept with it, for the one before may be good no more.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { askForToken, NoToken } from './ask.ts';
import type { Grant } from './settings.ts';

/** What outlives the process, by the name of the provider. The text is a secret: its keeper has to seal it. */
export interface KeptTokens {
  read(provider: string): Promise<string | undefined>;
  /** Absent where nothing may be changed. */
  write?(provider: string, text: string): Promise<void>;
}

export interface TokenKeeper {
  /** One that holds for a while yet. Rejects with NoToken. */
  token(): Promise<string>;
  /** Another than this one, which was refused. Rejects with NoToken. */
  another(than: string): Promise<string>;
  /** All that came from the token endpoint and is to be shown nowhere. */
  secrets(): readonly string[];
}

export interface KeeperDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** Absent: what is got lives as long as the keeper. */
  readonly kept?: KeptTokens | undefined;
}

interface Token {
  /** What it was asked for with; of other settings it is of no use. */
  readonly madeFor: string;
  readonly accessToken: string;
  /** Epoch ms, as are the others. */
  readonly renewAt: number;
  readonly endsAt: number;
  readonly refreshToken?: string;
}

const MOST_EARLY_MS = 300_000;

export function createTokenKeeper({ clock, kept }: KeeperDeps, provider: string, grant: Grant): TokenKeeper {
  const madeFor = fingerprintOf(grant);
  let current: Token | undefined;
  /** `current` could not be kept, and that is tried again. */
  let isUnkept = false;
  let renewing: Promise<Token> | undefined;
  const known = new Set<string>();

  const take = (token: Token) => {
    current = token;
    // The one before may still be in an answer that is under way.
    for (const old of [...known].slice(0, -2)) known.delete(old);
    for (const secret of [token.accessToken, token.refreshToken]) if (secret !== undefined) known.add(secret);
  };

  const takeKept = async () => {
    const text = await kept?.read(provider);
    const token = text === undefined ? undefined : tokenIn(text);
    if (token?.madeFor === madeFor && token.endsAt > (current?.endsAt ?? 0)) take(token);
  };

  const keep = async () => {
    if (!current || !kept?.write) return;
    isUnkept = true;
    try {
      await kept.write(provider, JSON.stringify(current));
      isUnkept = false;
    } catch {
      // A full disk: the token is good all the same, and is kept the next time that it is asked for.
    }
  };

  const ask = async (than: string | undefined): Promise<Token> => {
    // Another process, or a provider that these settings had before, may have renewed it.
    await takeKept();
    const now = clock.now();
    if (current && current.accessToken !== than && now < current.renewAt) return current;
    // What comes in place of a refresh token could not be kept, and the daemon has the old one.
    const mayNotSpend = grant.kind === 'refresh' && kept !== undefined && kept.write === undefined;
    if (mayNotSpend)
      throw new NoToken(`the token has ended; iep provider test ${provider} renews it`, { isRefused: false });
    const rotated = current?.refreshToken;
    const {
      accessToken,
      lifeMs,
      refreshToken = rotated,
    } = await askForToken(
      grant.kind === 'refresh' && rotated !== undefined ? { ...grant, refreshToken: rotated } : grant,
      now,
    );
    const next: Token = {
      ...{ madeFor, accessToken, endsAt: now + lifeMs },
      renewAt: now + lifeMs - Math.min(MOST_EARLY_MS, lifeMs / 10),
      ...(refreshToken !== undefined && { refreshToken }),
    };
    take(next);
    await keep();
    return next;
  };

  const renew = (than: string | undefined): Promise<Token> => {
    renewing ??= ask(than).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  return {
    async token() {
      if (isUnkept) await keep();
      if (current && clock.now() < current.renewAt) return current.accessToken;
      try {
        return (await renew(current?.accessToken)).accessToken;
      } catch (error) {
        // It was asked for early, so that there is time for this.
        if (error instanceof NoToken && current && clock.now() < current.endsAt) return current.accessToken;
        throw error;
      }
    },
    async another(than) {
      if (current && current.accessToken !== than) return current.accessToken;
      return (await renew(than)).accessToken;
    },
    secrets: () => [...known],
  };
}

/** A hash, so that no secret stands next to the token. */
function fingerprintOf(grant: Grant): string {
  const told = { ...grant, ...('key' in grant && { key: grant.key.export({ type: 'pkcs8', format: 'pem' }) }) };
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url');
}

/** Undefined where it is none, as of an older version. */
function tokenIn(text: string): Token | undefined {
  const { madeFor, accessToken, renewAt, endsAt, refreshToken } = JSON.parse(text) as Partial<Token>;
  if (madeFor === undefined || accessToken === undefined || renewAt === undefined || endsAt === undefined)
    return undefined;
  return { madeFor, accessToken, renewAt, endsAt, ...(refreshToken !== undefined && { refreshToken }) };
}
