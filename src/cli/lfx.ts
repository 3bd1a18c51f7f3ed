/**
 * The environment of seed 002's email service as a configuration of IEP: `iep serve --lfx` runs in its place. One tenant, one
 * provider, and the rules of its door over NATS that no setting of a tenant has.
 */

import type { Environment } from '../config/environment.ts';
import type { ConfigInput } from '../config/schema.ts';
import { IepError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { SendRules } from '../nats/send-email.ts';

export interface LfxConfiguration {
  readonly document: ConfigInput;
  readonly rules: SendRules;
}

const TENANT = 'lfx';
const PROVIDER = 'smtp';

/** Throws `bad_config` where the service would not start either. */
export function lfxConfiguration(env: Environment): LfxConfiguration {
  const configurationSet = env.SES_CONFIGURATION_SET ?? '';
  if (!/^[\x21-\x7e]*$/.test(configurationSet)) {
    throw refused('SES_CONFIGURATION_SET', 'must be ASCII without spaces');
  }
  const isEnabled = isOn(env.EMAIL_ENABLED);
  const events = eventsOf(env);
  return {
    document: {
      http: { host: '0.0.0.0', port: portOf('PORT', env.PORT, 8080) },
      providers: { [PROVIDER]: isEnabled ? { ...relayOf(env), ...(events && { events }) } : { type: 'null' } },
      routing: { primary: PROVIDER },
      policy: { recipientDomains: [...domainsIn(env.SMTP_ALLOWED_RECIPIENT_DOMAINS)] },
      tenants: [{ slug: TENANT, name: 'LFX', settings: { anySender: true, defaultFrom: defaultFromOf(env) } }],
      nats: { ...serversIn(env.NATS_URL || 'nats://localhost:4222'), tenant: TENANT },
      log: { level: levelOf(env.LOG_LEVEL) },
    },
    rules: {
      fromDomains: domainsIn(env.SMTP_ALLOWED_FROM_DOMAINS ?? 'lfx.linuxfoundation.org'),
      replyToDomains: domainsIn(env.SMTP_ALLOWED_REPLY_TO_DOMAINS ?? 'linuxfoundation.org'),
      headers: configurationSet === '' ? [] : [['X-SES-CONFIGURATION-SET', configurationSet]],
    },
  };
}

/** STARTTLS where it is offered, as that service has it; a login to another machine asks for it. */
function relayOf(env: Environment) {
  const { SMTP_USERNAME: username, SMTP_PASSWORD: password } = env;
  const host = env.SMTP_HOST || 'localhost';
  const login = username && password ? { username, password } : undefined;
  const tls = login === undefined || isLoopback(host) ? ('opportunistic' as const) : ('required' as const);
  return {
    ...{ type: 'smtp' as const, host, port: portOf('SMTP_PORT', env.SMTP_PORT, 587), tls, ...login },
    // SES signs itself, and takes mail from verified senders alone.
    ...{ dkim: false, returnPath: false },
  };
}

function eventsOf(env: Environment) {
  if (!isOn(env.SES_EVENTING_ENABLED)) return undefined;
  const { SES_ENGAGEMENT_SQS_QUEUE_URL: sqsQueueUrl } = env;
  if (!sqsQueueUrl) throw refused('SES_ENGAGEMENT_SQS_QUEUE_URL', 'is required where SES_EVENTING_ENABLED is true');
  return { sqsQueueUrl };
}

function defaultFromOf(env: Environment) {
  const text = env.DEFAULT_SMTP_FROM || env.SMTP_FROM || 'noreply@lfx.linuxfoundation.org';
  const email = readMailbox(text)?.email;
  if (email === undefined) throw refused('DEFAULT_SMTP_FROM', 'must be an address such as noreply@example.com');
  return { email, name: env.DEFAULT_SMTP_FROM_DISPLAY_NAME || 'LFX Self Serve' };
}

/** That service takes several with commas between, and a login before the host: a user with a password, or a token. */
function serversIn(text: string) {
  const urls = text.split(',').map((url) => url.trim());
  const login = urls.map((url) => /^(?:\w+:\/\/)?([^@/]*)@/.exec(url)?.[1]).find((one) => one !== undefined);
  const [user = '', password] = login?.split(':', 2).map(decoded) ?? [];
  return {
    servers: urls.map((url) => url.replace(/^(\w+:\/\/)?[^@/]*@/, '$1')),
    ...(login !== undefined && (password === undefined ? { token: user } : { user, password })),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('NATS_URL', 'must be a URL such as nats://user:password@nats.example.com:4222');
  }
}

function isOn(text = ''): boolean {
  return ['true', 't', '1'].includes(text);
}

function domainsIn(text = ''): readonly string[] {
  const domains = text.split(',').map((one) => one.trim().toLowerCase());
  return domains.filter((domain) => domain !== '');
}

function portOf(name: string, text: string | undefined, otherwise: number): number {
  if (!text) return otherwise;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw refused(name, 'must be a port');
  return port;
}

function levelOf(text = ''): 'debug' | 'info' | 'warn' | 'error' {
  const level = text.toLowerCase();
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

function refused(name: string, message: string): IepError {
  const errors = [{ path: name, message }];
  return new IepError('bad_config', `The environment: ${name} ${message}`, { errors });
}
