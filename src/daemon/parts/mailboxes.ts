/** The mailboxes that reports are read from, as the configuration names them now: begun, ended and begun anew with it. */

import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Clock } from '../../core/clock.ts';
import type { MailboxSettings } from '../../core/mailbox-settings.ts';
import type { Reserve } from '../../db/datadir/reserve.ts';
import { mailboxTokens } from '../../manage/mailbox.ts';
import type { ReturnPaths } from '../../manage/return-path.ts';
import { type FollowedMailbox, followMailbox } from '../../message/feedback/mailbox/follow.ts';
import { mailboxOf, type ReportMailbox } from '../../message/feedback/mailbox/settings.ts';
import type { RecordDeps } from '../../message/feedback/record.ts';
import { takeMail } from '../../message/feedback/take-report.ts';
import type { KeptTokens } from '../../message/providers/oauth2/token-keeper.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export interface MailboxDeps extends RecordDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'onMailboxes'> & RecordDeps['metrics'];
  readonly returnPaths: Pick<ReturnPaths, 'reader'>;
  readonly reserve: Pick<Reserve, 'require'>;
  readonly tokens: KeptTokens;
}

export interface Mailboxes {
  /** The configuration is another. */
  follow(): void;
  stop(): Promise<void>;
}

export function startMailboxes(deps: MailboxDeps, config: LiveConfig): Mailboxes {
  const { clock, log, metrics, returnPaths, reserve } = deps;
  /** By all that they are told. */
  const open = new Map<string, { readonly mailbox: ReportMailbox; readonly followed: FollowedMailbox }>();
  const ending = new Set<Promise<void>>();

  function begin(settings: MailboxSettings) {
    const mailbox = mailboxOf(settings);
    const onState = (problem: string | undefined) => {
      const line = { host: mailbox.host, folder: mailbox.folder };
      if (problem === undefined) log.info(line, 'a mailbox is read as reports come');
      else log.warn({ ...line, reason: problem }, 'a mailbox cannot be read; it is tried again');
    };
    const onPassed = (uid: number, reason: string) =>
      log.warn(
        { host: mailbox.host, folder: mailbox.folder, uid, reason },
        'a mail of a mailbox cannot be fetched; it is passed over for an hour',
      );
    const take = async (bytes: Uint8Array) => {
      reserve.require();
      await takeMail(deps, bytes, { read: await returnPaths.reader(), isTrusted: mailbox.feedbackLoop });
    };
    const tokens = mailboxTokens(mailbox, { clock, kept: deps.tokens });
    const followed = followMailbox({ clock, random: Math.random, tokens, take, onState, onPassed }, mailbox);
    return { mailbox, followed };
  }

  function follow(): void {
    const wanted = new Map(config.now().feedback.mailboxes.map((settings) => [JSON.stringify(settings), settings]));
    for (const [key, { followed }] of open) {
      if (wanted.has(key)) continue;
      open.delete(key);
      const ended = followed.stop();
      ending.add(ended);
      ended.finally(() => ending.delete(ended));
    }
    for (const [key, settings] of wanted) if (!open.has(key)) open.set(key, begin(settings));
  }

  metrics.onMailboxes(() =>
    [...open.values()].flatMap(({ mailbox: { username, host, folder }, followed }) => {
      const problem = followed.problem();
      return problem === null ? [] : [{ mailbox: `${username} at ${host}`, folder, up: problem === undefined }];
    }),
  );
  follow();
  return {
    follow,
    async stop() {
      await Promise.all([...[...open.values()].map(({ followed }) => followed.stop()), ...ending]);
    },
  };
}
