/** A real SMTP server for tests that takes a login by XOAUTH2 alone: the package smtp-server, whose client side is another's. */

import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Xoauth2Server {
  readonly port: number;
  /** User and token of each login that was tried. */
  readonly logins: readonly (readonly [user: string, token: string])[];
  readonly messages: readonly { readonly user: string; readonly to: readonly string[]; readonly text: string }[];
  close(): Promise<void>;
}

/**
 * `takes`: whether this token is good for this user. A no is said as Google does, by 334 with what is wrong and 535 after
 * it (`challenges`), or by a bare 535 at once, as Microsoft does.
 */
export async function createXoauth2Server(options: {
  takes(user: string, token: string): boolean;
  readonly says?: (token: string) => string;
  readonly challenges?: boolean;
}): Promise<Xoauth2Server> {
  const { takes, says = () => 'Authentication unsuccessful', challenges = false } = options;
  const logins: (readonly [string, string])[] = [];
  const messages: Xoauth2Server['messages'][number][] = [];
  const server = new SMTPServer({
    ...{ authMethods: ['XOAUTH2'], disabledCommands: ['STARTTLS'], allowInsecureAuth: true, logger: false },
    onAuth({ username = '', accessToken = '' }, _session, done) {
      logins.push([username, accessToken]);
      if (takes(username, accessToken)) return done(null, { user: username });
      if (challenges)
        return done(null, { data: { status: '401', schemes: 'bearer', scope: 'https://mail.google.com/' } });
      done(Object.assign(new Error(`5.7.3 ${says(accessToken)}`), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        messages.push({ user: String(session.user), to, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  // A client that hangs up is an ordinary event here.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, logins, messages, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
