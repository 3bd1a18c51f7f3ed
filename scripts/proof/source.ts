/** Postfix's smtp-source: the load over SMTP, 4 KiB messages from many sessions at once. */

import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

export interface Load {
  readonly sessions: number;
  /** Sessions stay connected between their messages; otherwise each message has a connection of its own. */
  readonly keep: boolean;
  readonly messages: number;
}

export const MESSAGE_BYTES = 4096;

/** Sends a load to a port of loopback; answers the seconds until the last message was accepted. */
export type Send = (port: number, load: Load) => Promise<number>;

export function createSource(workspace: Workspace, tree: string): Send {
  return async (port, { sessions, keep, messages }) => {
    const shape = ['-s', `${Math.min(sessions, messages)}`, '-l', `${MESSAGE_BYTES}`, '-m', `${messages}`];
    const envelope = ['-f', 'sender@example.com', '-t', 'recipient@example.net'];
    const args = [...shape, ...(keep ? ['-d'] : []), ...envelope, `127.0.0.1:${port}`];
    const env = { LD_LIBRARY_PATH: join(tree, 'usr/lib/postfix') };
    return (await workspace.run(join(tree, 'usr/sbin/smtp-source'), args, { env, timeoutMs: 300_000 })).seconds;
  };
}
