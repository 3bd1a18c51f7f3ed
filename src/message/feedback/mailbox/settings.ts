/** What a mailbox is told that reports are read from, and how it is reached and logged in to. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { pem } from '../../../core/pem.ts';
import { type Grant, grantOf, oauth2Schema } from '../../providers/oauth2/settings.ts';

const text = z.string().min(1);
/** A name of a folder, as the server has it. */
const folder = z.string().regex(/^[^\p{Cc}]{1,255}$/u, 'Expected the name of a folder');
const PORTS = { implicit: 993, required: 143, none: 143 } as const;

export const mailboxSchema = z
  .strictObject({
    host: text,
    /** Absent: 993, and 143 where TLS does not come first. */
    port: z.int().min(1).max(65_535).optional(),
    tls: z.enum(['implicit', 'required', 'none']).default('implicit'),
    /** PEM of the authority to trust instead of the system's. */
    ca: pem.optional(),
    username: text,
    password: text.optional(),
    /** In place of the password: a token that is asked for. */
    oauth2: oauth2Schema.optional(),
    folder: folder.default('INBOX'),
    /** Where a mail goes that was read. Absent: it stays, marked as seen. */
    move: folder.optional(),
    /** No stranger writes to it: its address is known to the feedback loops of mailbox providers alone, and their complaints suppress. */
    feedbackLoop: z.boolean().default(false),
  })
  .refine(({ password, oauth2 }) => (password === undefined) !== (oauth2 === undefined), 'Give password or oauth2')
  .refine(({ folder: from, move }) => from !== move, { path: ['move'], message: 'must be another folder' });

export type MailboxConfig = z.output<typeof mailboxSchema>;

/** One that can be connected to. */
export interface ReportMailbox
  extends Pick<MailboxConfig, 'host' | 'tls' | 'ca' | 'folder' | 'move' | 'username' | 'password' | 'feedbackLoop'> {
  readonly port: number;
  readonly grant: Grant | undefined;
}

/** `settings` were parsed by `mailboxSchema`. Throws the refusal `bad_config` where they contradict each other. */
export function mailboxOf(settings: unknown): ReportMailbox {
  const { oauth2, ...config } = mailboxSchema.parse(settings);
  if (config.tls === 'none' && !isLoopback(config.host)) {
    throw new IepError('bad_config', 'has tls: none, which is for this host alone; use implicit or required');
  }
  return {
    ...config,
    port: config.port ?? PORTS[config.tls],
    grant: oauth2 && grantOf(oauth2, { user: config.username, defaults: {} }),
  };
}
