/** What an `smtp` provider is told in the configuration, and the plain values it works with. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { normalizeNetwork } from '../../../core/networks.ts';
import { pem } from '../../../core/pem.ts';
import { type Grant, grantOf, oauth2Schema } from '../oauth2/settings.ts';
import { commonSettings } from '../type.ts';
import { type Preset, type PresetName, presetNames, presets } from './presets.ts';
import { smtpEventsSchema } from './queue.ts';

export const DEFAULT_PORT = 587;
const DEFAULT_TLS = 'required';

const tlsModes = ['required', 'implicit', 'opportunistic', 'none'] as const;
export type TlsMode = (typeof tlsModes)[number];

const seconds = z.number().positive().max(31_536_000);
const count = z.int().positive();
const host = z.string().min(1);
const network = z
  .string()
  .refine((text) => normalizeNetwork(text) !== undefined, 'must be a network such as 10.0.0.0/8 or fd00::/8')
  .overwrite((text) => normalizeNetwork(text) ?? text);

export const smtpSchema = z
  .strictObject({
    type: z.literal('smtp'),
    /** A service whose host, port and tls are known; each of them holds where it is set beside. */
    preset: z.enum(presetNames).optional(),
    host: host.optional(),
    port: z.int().min(1).max(65_535).optional(),
    tls: z.enum(tlsModes).optional(),
    /** Permits `tls: none`, and a login without TLS, to a host that is not this one. */
    allowPlaintext: z.boolean().default(false),
    /** PEM of the authority to trust instead of the system's. */
    ca: pem.optional(),
    /** Name that the certificate must have, and that is asked for (SNI), where that is not `host`. */
    serverName: host.optional(),
    /** Connects to public addresses and to those of these networks alone. Absent: to any. */
    allowNetworks: z.array(network).max(100).optional(),
    /** What EHLO calls us; absent: see local-name.ts. */
    localName: host.optional(),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    /** In place of the password: a token that is asked for. */
    oauth2: oauth2Schema.optional(),
    /** False for a relay that signs itself and rewrites what a signature of ours would cover. */
    dkim: z.boolean().default(true),
    /** Whether bounces come back to the envelope sender that it is given. Absent: unless there is a preset, whose service uses its own. */
    returnPath: z.boolean().optional(),
    /** What Amazon SES tells of the mail, where that is the relay. */
    events: smtpEventsSchema.optional(),
    maxConnections: count.default(20),
    ...commonSettings,
    /** Recipients of one transaction; a message with more takes several. */
    maxRecipients: count.default(50),
    maxMessagesPerConnection: count.default(100),
    maxConnectionAgeSeconds: seconds.default(300),
    idleSeconds: seconds.default(30),
    /** From the DNS lookup to the greeting and the end of STARTTLS. */
    connectTimeoutSeconds: seconds.default(30),
    /** Silence after a command. */
    commandTimeoutSeconds: seconds.default(60),
    /** Silence after the final dot. RFC 5321 §4.5.3.2.6 asks for ten minutes: giving up early on a slow yes is what makes second copies. */
    dataTimeoutSeconds: seconds.default(600),
  })
  .refine(({ host, preset }) => host !== undefined || preset !== undefined, {
    path: ['host'],
    message: 'is required without a preset',
  })
  .refine(({ password, oauth2 }) => password === undefined || oauth2 === undefined, {
    path: ['oauth2'],
    message: 'excludes password: give one of them',
  })
  .refine(
    (it) => (it.username === undefined) === (it.password === undefined && it.oauth2 === undefined),
    'Give username with password or oauth2, or none of them',
  )
  // With a preset they are left open, so that another preset can take its place.
  .overwrite((it) => (it.preset === undefined ? { ...it, ...serverOf(it) } : it));

export type SmtpConfig = z.output<typeof smtpSchema>;

/** By a password, or by a token that the grant brings. */
export type Login = { readonly user: string } & ({ readonly pass: string } | { readonly grant: Grant });

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** Whether a login may go over a connection without TLS. */
  readonly plaintextLogin: boolean;
  readonly ca?: string;
  readonly serverName?: string;
  readonly login?: Login;
  readonly localName?: string;
  readonly allowNetworks?: readonly string[];
  readonly maxConnections: number;
  readonly maxRecipients: number;
  readonly maxMessagesPerConnection: number;
  readonly maxConnectionAgeMs: number;
  readonly idleMs: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly dataTimeoutMs: number;
}

/** Throws the refusal `bad_config` where the settings contradict each other. */
export function smtpSettings(name: string, config: SmtpConfig): SmtpSettings {
  const { host, port, tls } = serverOf(config);
  const isNear = config.allowPlaintext || isLoopback(host);
  if (tls === 'none' && !isNear) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has tls: none, which is for this host alone. Use required, or set allowPlaintext.`,
    );
  }
  return {
    host,
    port,
    tls,
    plaintextLogin: isNear,
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(config.serverName !== undefined && { serverName: config.serverName }),
    ...(config.username !== undefined && { login: loginOf(config.username, config) }),
    ...(config.localName !== undefined && { localName: config.localName }),
    ...(config.allowNetworks !== undefined && { allowNetworks: config.allowNetworks }),
    maxConnections: config.maxConnections,
    maxRecipients: config.maxRecipients,
    maxMessagesPerConnection: config.maxMessagesPerConnection,
    maxConnectionAgeMs: config.maxConnectionAgeSeconds * 1_000,
    idleMs: config.idleSeconds * 1_000,
    connectTimeoutMs: config.connectTimeoutSeconds * 1_000,
    commandTimeoutMs: config.commandTimeoutSeconds * 1_000,
    dataTimeoutMs: config.dataTimeoutSeconds * 1_000,
  };
}

function loginOf(user: string, { password = '', oauth2, preset }: SmtpConfig): Login {
  if (oauth2 === undefined) return { user, pass: password };
  const { oauth2: defaults = {} }: Partial<Preset> = preset ? presets[preset] : {};
  return { user, grant: grantOf(oauth2, { user, defaults }) };
}

/** What is set, else what the preset says, else the defaults. */
export function serverOf(told: {
  readonly preset?: PresetName | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly tls?: TlsMode | undefined;
}): Pick<SmtpSettings, 'host' | 'port' | 'tls'> {
  const preset: Preset | undefined = told.preset && presets[told.preset];
  return {
    host: told.host ?? preset?.host ?? '',
    port: told.port ?? preset?.port ?? DEFAULT_PORT,
    tls: told.tls ?? preset?.tls ?? DEFAULT_TLS,
  };
}
