/** The SMTP endpoint that a vendor has beside its API, for what the API cannot carry: whole messages, and headers that stay. */

import { IepError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { withoutOwnSecrets } from '../own-secrets.ts';
import type { Carrier } from '../provider.ts';
import { createSmtpProvider } from '../smtp/send.ts';
import { smtpSchema } from '../smtp/settings.ts';
import type { TypeDeps } from '../type.ts';

const SMTP_ENDPOINT = /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i;

/** Throws the refusal `bad_config` where `endpoint` is not `host:port`. Connects to nothing yet. */
export function createSmtpEndpoint(
  name: string,
  told: {
    readonly endpoint: string;
    readonly user: string;
    readonly secret: string;
    readonly maxConnections: number;
    readonly allowPlaintext: boolean;
  },
  deps: TypeDeps,
): Carrier {
  const [, literal, host = literal, port] = SMTP_ENDPOINT.exec(told.endpoint) ?? [];
  if (host === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has a smtpEndpoint that is not a host and a port. Write it as smtp.example.com:587.`,
    );
  }
  const settings = smtpSchema.parse({
    ...{ type: 'smtp', host, port: Number(port), username: told.user, password: told.secret },
    // On this machine it is used where it is offered, and not asked for.
    tls: isLoopback(host) ? 'opportunistic' : 'required',
    maxConnections: told.maxConnections,
    allowPlaintext: told.allowPlaintext,
  });
  return withoutOwnSecrets(createSmtpProvider(name, settings, deps), { settings, secrets: ['password'] });
}
