/** The OAuth2 tokens of a mailbox that reports are read from, and whether it can be read. */

import type { Clock } from '../core/clock.ts';
import { withFolder } from '../message/feedback/mailbox/connect.ts';
import type { ReportMailbox } from '../message/feedback/mailbox/settings.ts';
import { createTokenKeeper, type KeptTokens, type TokenKeeper } from '../message/providers/oauth2/token-keeper.ts';

interface TokenDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly kept: KeptTokens | undefined;
}

/** Undefined for one with a password. Its tokens are kept under a name that no provider can have. */
export function mailboxTokens({ grant, username, host }: ReportMailbox, deps: TokenDeps): TokenKeeper | undefined {
  return grant && createTokenKeeper(deps, `mailbox ${username} at ${host}`, grant);
}

/** Logs in and opens the folder, and changes nothing. Resolves to what is wrong; undefined where nothing is. */
export async function checkMailbox(
  mailbox: ReportMailbox,
  deps: TokenDeps & { readonly clock: Clock },
): Promise<string | undefined> {
  const late = new AbortController();
  const cancel = deps.clock.after(CHECK_MS, () => late.abort());
  try {
    const input = {
      ...{ mailbox, tokens: mailboxTokens(mailbox, deps), clock: deps.clock },
      ...{ signal: late.signal, readOnly: true },
    };
    await withFolder(input, async () => undefined);
    return undefined;
  } catch (error) {
    if (late.signal.aborted) return `${mailbox.host}:${mailbox.port}: no answer within ${CHECK_MS / 1_000} s`;
    return error instanceof Error ? error.message : String(error);
  } finally {
    cancel();
  }
}

const CHECK_MS = 30_000;
