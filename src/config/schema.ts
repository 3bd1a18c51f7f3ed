/**
 * Every key of the configuration, with its default and what it takes. `iep.config.example.yaml` is this file in prose;
 * a test holds them together. A key stands here only when it does something.
 */

import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import type { FieldError } from '../core/errors.ts';
import { loginProviderSettings } from '../core/login-provider.ts';
import type { MailboxSettings } from '../core/mailbox-settings.ts';
import { pem } from '../core/pem.ts';
import type { ProviderSettings } from '../core/provider-settings.ts';
import { domainName, providersNamed, providersOffTheList, tenantSettingsSchema } from '../core/tenant-settings.ts';
import { isTracked, NOT_REACHABLE } from '../core/tracking.ts';

const seconds = z.number().positive().max(31_536_000);
const count = z.int().positive();
/** 0 asks the system for a free port. */
const port = z.int().min(0).max(65_535);
const host = z.string().min(1);
const cidr = z.string().refine((text) => ipaddr.isValidCIDR(text), 'Expected a network such as 10.0.0.0/8 or fd00::/8');
const slug = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'Expected lower-case letters, digits and hyphens');

const natsServer = z
  .string()
  .regex(
    /^((nats|tls):\/\/)?[^\s/@]+$/,
    'Expected a server such as nats://nats.example.com:4222; a login stands in user and password, or token',
  );
/** Words between dots, none of which stands for others. */
const natsSubject = z
  .string()
  .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'Expected words with dots between, such as lfx.email');

/** Whether the pattern means a time is asked where chores are made: config/ knows no cron. */
const chore = z.string().regex(/^(off|@\w+|(\S+\s+){4,5}\S+)$/, 'Expected a cron pattern such as "17 3 * * *", or off');

const providerName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'Expected lower-case letters, digits, _ and -');
const dnsName = z.string().regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i, 'Expected a DNS name such as _spf.example.com');
/** With or without a port: 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or [2001:db8::1]:53. */
const dnsServer = z.string().refine((text) => {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?)$/.exec(text) ?? [];
  return ipaddr.isValid(bracketed ?? plain ?? text);
}, 'Expected the address of a name server such as 192.0.2.1 or 192.0.2.1:53');
const selector = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'Expected lower-case letters, digits and hyphens');

const blobStorage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('filesystem') }),
  z.strictObject({
    type: z.literal('s3'),
    endpoint: z.url({
      protocol: /^https?$/,
      error: 'Expected an address such as https://s3.eu-central-1.amazonaws.com',
    }),
    region: z.string().min(1).default('us-east-1'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'Expected the name of a bucket'),
    prefix: z
      .string()
      .regex(/^([\w.-]+\/)*$/, 'Expected folders such as iep/blobs/')
      .default(''),
    accessKeyId: z.string().min(1),
    secretAccessKey: z.string().min(1),
    forcePathStyle: z.boolean().default(true),
    timeoutSeconds: seconds.default(30),
  }),
]);

/** Of a Unix socket: `auto`, `off`, or where. */
const socket = z
  .string()
  .regex(/^(auto|off|\/.+)$/, 'Expected auto, off, or an absolute path')
  .default('auto');

/** A domain by its name, or with what holds for it. */
const senderDomain = z.union([
  domainName.transform((domain) => ({ domain, shared: false })),
  z.strictObject({ domain: domainName, shared: z.boolean().default(false) }),
]);

const tenant = z.strictObject({
  slug,
  name: z.string().min(1).optional(),
  active: z.boolean().optional(),
  domains: z.array(senderDomain).default([]),
  settings: tenantSettingsSchema.prefault({}),
});

/** A daemon that commands talk to. */
const profile = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'Expected an address such as http://127.0.0.1:3000' }),
  apiKey: z.string().min(1).optional(),
  tenant: slug.optional(),
});

/** `provider`: what a provider may be told, which the registry of its types says. `mailbox`: what one that reports are read from may. */
export const configSchemaOf = (provider: z.ZodType<ProviderSettings>, mailbox: z.ZodType<MailboxSettings>) =>
  z.strictObject({
    dataDir: z.string().min(1).default('./iep-data'),
    http: z
      .strictObject({
        host: host.default('127.0.0.1'),
        port: port.default(3000),
        publicUrl: z.url().optional(),
        bodyLimitBytes: count.default(30 * 1024 * 1024),
        maxConnections: count.default(4000),
        tls: z.strictObject({ cert: pem, key: pem }).optional(),
        trustedProxies: z.array(cidr).default([]),
      })
      .prefault({}),
    smtp: z
      .strictObject({
        host: host.default('127.0.0.1'),
        port: port.default(2525),
        hostname: host.optional(),
        maxMessageBytes: count.default(25 * 1024 * 1024),
        maxRecipients: count.default(1000),
        maxConnections: count.default(500),
        greetingDelayMs: z.int().min(0).max(30_000).default(0),
        plaintextAuth: z.enum(['loopback', 'always', 'never']).default('loopback'),
        tls: z.strictObject({ cert: pem, key: pem, implicitPort: port.optional() }).optional(),
        trustedNetworks: z.array(z.strictObject({ cidr, tenant: slug })).default([]),
      })
      .prefault({}),
    providers: z.record(providerName, provider).default({}),
    routing: z
      .strictObject({
        primary: providerName.optional(),
        fallback: providerName.optional(),
        route: z.array(providerName).min(1).max(10).optional(),
        split: z.record(providerName, z.number().positive().max(1_000_000)).optional(),
      })
      .prefault({}),
    retry: z
      .strictObject({
        scheduleSeconds: z.array(seconds).min(1).default([60, 300, 900, 3600]),
        maxAttempts: count.max(100).default(5),
        jitter: z.number().min(0).max(1).default(0.1),
        maxAgeHours: z.number().positive().max(8_760).default(120),
      })
      .prefault({}),
    breaker: z
      .strictObject({
        failureRate: z.number().positive().max(1).default(0.5),
        windowSeconds: seconds.default(60),
        cooldownSeconds: seconds.default(30),
        minimumAttempts: count.default(10),
      })
      .prefault({}),
    health: z
      .strictObject({
        intervalSeconds: z
          .number()
          .max(86_400)
          .refine((value) => value === 0 || value >= 10, 'Expected 0 for never, or at least 10')
          .default(60),
      })
      .prefault({}),
    outbox: z.strictObject({ maxInFlight: count.optional(), leaseSeconds: seconds.min(30).default(600) }).prefault({}),
    attachments: z
      .strictObject({
        maxCount: count.max(1000).default(10),
        maxBytes: count.default(10 * 1024 * 1024),
        maxTotalBytes: count.default(25 * 1024 * 1024),
        types: tenantSettingsSchema.shape.attachmentTypes,
        allowNetworks: z.array(cidr).default([]),
        fetchTimeoutSeconds: seconds.max(300).default(30),
      })
      .prefault({}),
    blobs: blobStorage.prefault({ type: 'filesystem' }),
    retention: z
      .strictObject({
        attachmentDays: count.max(36_500).default(30),
        messageDays: count.max(36_500).optional(),
      })
      .prefault({}),
    policy: z
      .strictObject({
        sending: tenantSettingsSchema.shape.sending.unwrap().default('on'),
        recipientDomains: z.array(tenantSettingsSchema.shape.recipientDomains.unwrap().element).default([]),
      })
      .prefault({}),
    tracking: z
      .strictObject({
        opens: z.boolean().default(false),
        clicks: z.boolean().default(false),
        anonymous: z.boolean().default(false),
      })
      .prefault({}),
    webhooks: z
      .strictObject({
        allowNetworks: z.array(cidr).default([]),
        // The three tries of seed 001 §14 are the least.
        scheduleSeconds: z.array(seconds).min(3).default([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]),
        jitter: z.number().min(0).max(1).default(0.1),
        timeoutSeconds: seconds.max(60).default(10),
        ca: pem.optional(),
      })
      .prefault({}),
    domains: z
      .strictObject({
        spfInclude: dnsName.optional(),
        returnPath: dnsName.optional(),
        dmarcReports: z.email().optional(),
        dnsServers: z.array(dnsServer).default([]),
        selectors: z.array(selector).length(2).default(['iep1', 'iep2']),
        maxPerTenant: count.default(100),
      })
      .prefault({}),
    feedback: z
      .strictObject({
        domain: domainName.optional(),
        host: host.default('127.0.0.1'),
        port: port.optional(),
        mailboxes: z.array(mailbox).default([]),
      })
      .prefault({}),
    nats: z
      .strictObject({
        servers: z.array(natsServer).default([]),
        tenant: slug.optional(),
        subjectPrefix: natsSubject.default('lfx.email-service'),
        queueGroup: natsSubject.default('lfx.email-service.queue'),
        credentials: z.string().min(1).optional(),
        user: z.string().min(1).optional(),
        password: z.string().min(1).optional(),
        token: z.string().min(1).optional(),
        tls: z.strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() }).optional(),
        events: z
          .strictObject({
            subject: natsSubject.default('iep.events'),
            stream: z
              .string()
              .regex(/^[\w-]{1,255}$/, 'Expected the name of a stream: letters, digits, _ and -')
              .optional(),
          })
          .optional(),
      })
      .prefault({}),
    suppressions: z.strictObject({ maxPerTenant: count.default(1_000_000) }).prefault({}),
    dashboard: z
      .strictObject({
        requireSecondFactor: z.boolean().default(false),
        oidc: z.array(loginProviderSettings).default([]),
      })
      .prefault({}),
    local: z
      .strictObject({
        control: socket,
        submit: socket,
        // YAML reads 0666 as the number 666.
        submitMode: z.coerce
          .string()
          .regex(/^0?[0-7]{3}$/, 'Expected permissions such as 0666 or 0660')
          .overwrite((text) => text.padStart(4, '0'))
          .default('0666'),
      })
      .prefault({}),
    sendmail: z.strictObject({ tenant: slug.optional() }).prefault({}),
    tenants: z.array(tenant).default([]),
    profiles: z.record(providerName, profile).default({}),
    log: z
      .strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
        showAddresses: z.boolean().default(false),
      })
      .prefault({}),
    tracing: z
      .strictObject({
        endpoint: z.url(),
        sampleRatio: z.number().min(0).max(1).default(1),
        serviceName: z.string().min(1).default('iep'),
        headers: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    chores: z
      .strictObject({
        retention: chore.default('17 3 * * *'),
        suppressions: chore.default('47 * * * *'),
        domains: chore.default('37 * * * *'),
        people: chore.default('57 * * * *'),
        search: chore.default('*/2 * * * *'),
        optimize: chore.default('7 5 * * *'),
        checkpoint: chore.default('*/15 * * * *'),
        space: chore.default('27 * * * *'),
      })
      .prefault({}),
    shutdownSeconds: seconds.default(30),
  });

export type ConfigSchema = ReturnType<typeof configSchemaOf>;
export type Config = z.output<ConfigSchema>;
export type ConfigInput = Omit<z.input<ConfigSchema>, 'providers'> & {
  providers?: Readonly<Record<string, ProviderSettings>> | undefined;
};

/** What no key by itself can be wrong about: names declared twice, or alike where they must differ. */
export function contradictions(config: Config): readonly FieldError[] {
  const slugs = config.tenants.map((tenant) => tenant.slug);
  const repeated = slugs.flatMap((slug, index) =>
    slugs.indexOf(slug) === index ? [] : [{ path: `tenants.${index}.slug`, message: `"${slug}" is declared twice` }],
  );
  const logins = config.dashboard.oidc.map(({ name }) => name);
  const sameName = logins.flatMap((name, index) =>
    logins.indexOf(name) === index
      ? []
      : [{ path: `dashboard.oidc.${index}.name`, message: `"${name}" is declared twice` }],
  );
  const claims = config.tenants.flatMap(({ domains }, index) =>
    domains.map((one, at) => ({ ...one, path: `tenants.${index}.domains.${at}` })),
  );
  const rivals = claims.flatMap(({ domain, shared, path }, index) => {
    const others = claims.slice(0, index).filter((other) => other.domain === domain);
    if (others.every((other) => other.shared && shared)) return [];
    return [
      { path, message: `"${domain}" is given twice: a domain of several tenants needs \`shared: true\` at each` },
    ];
  });
  const { domain, port: reportPort } = config.feedback;
  const idle = { path: 'feedback.port', message: 'The listener takes mail for feedback.domain, which is not set' };
  const withoutDomain = reportPort !== undefined && domain === undefined ? [idle] : [];
  const [first, second] = config.domains.selectors;
  const alike = first === second ? [{ path: 'domains.selectors', message: 'Give two that differ' }] : [];
  const { servers, tenant } = config.nats;
  const ofNobody =
    servers.length > 0 && tenant === undefined
      ? [{ path: 'nats.tenant', message: 'Name the tenant whose mail comes in over NATS' }]
      : [];
  const offTheList = config.tenants.flatMap(({ settings }, index) =>
    providersOffTheList(settings).map(({ path, message }) => ({ path: `tenants.${index}.settings.${path}`, message })),
  );
  const tracked = [
    { path: 'tracking', tracking: config.tracking },
    ...config.tenants.map(({ settings }, index) => ({
      ...{ path: `tenants.${index}.settings.tracking`, tracking: settings.tracking ?? {} },
    })),
  ];
  const unreachable =
    config.http.publicUrl === undefined
      ? tracked.filter(({ tracking }) => isTracked(tracking)).map(({ path }) => ({ path, message: NOT_REACHABLE }))
      : [];
  return [...unreachable, ...repeated, ...sameName, ...rivals, ...offTheList, ...alike, ...withoutDomain, ...ofNobody];
}

/** Providers that the configuration uses and nobody made; `names` are all there are, those made by command included. */
export function missingProviders(config: Config, names: readonly string[]): readonly FieldError[] {
  const uses = [
    ...providersNamed(config.routing).map(([path, name]) => [`routing.${path}`, name] as const),
    ...config.tenants.flatMap(({ settings }, index) =>
      providersNamed(settings).map(([path, name]) => [`tenants.${index}.settings.${path}`, name] as const),
    ),
  ];
  const hint = 'declare it under providers, or make it with iep provider add';
  return uses
    .filter(([, name]) => !names.includes(name))
    .map(([path, name]) => ({ path, message: `No provider is called "${name}": ${hint}` }));
}
