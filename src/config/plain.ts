/**
 * The configuration where neither a file nor a variable says anything. It stands here as it comes out of the schema, because a
 * command that sends a message would spend more time on loading the schema than on all else. A test holds the two together.
 */

import { resolve as resolvePath } from 'node:path';
import { type Environment, ownVariables } from './environment.ts';
import { defaultFile } from './find-file.ts';
import type { LoadedConfig, LoadOptions } from './load.ts';
import type { Config } from './schema.ts';

const DATA_DIRECTORY = 'IEP_DATADIR';
const silent: readonly string[] = [...ownVariables, DATA_DIRECTORY];

/** What `loadConfig` answers with `dev` and without a file; undefined when a file or a variable has to be read. */
export function plainConfig({ file, env, cwd = '', workingDirectory }: LoadOptions): LoadedConfig | undefined {
  if (file !== undefined || env.IEP_CONFIG || saysSomething(env)) return undefined;
  const found = defaultFile(cwd, workingDirectory);
  if (found.file !== undefined) return undefined;
  const dataDir = resolvePath(cwd, env[DATA_DIRECTORY] || 'iep-data');
  return { ...found, config: { ...plain, dataDir }, files: new Map(), warnings: [] };
}

function saysSomething(env: Environment): boolean {
  return (
    Object.entries(env).some(([name, value]) => name.startsWith('IEP_') && value && !silent.includes(name)) ||
    /^(?:env|file):/.test(env[DATA_DIRECTORY] ?? '')
  );
}

const plain: Omit<Config, 'dataDir'> = {
  http: { host: '127.0.0.1', port: 3000, bodyLimitBytes: 31_457_280, maxConnections: 4000, trustedProxies: [] },
  smtp: {
    ...{ host: '127.0.0.1', port: 2525, maxMessageBytes: 26_214_400, maxRecipients: 1000, maxConnections: 500 },
    ...{ greetingDelayMs: 0, plaintextAuth: 'loopback' },
    trustedNetworks: [
      { cidr: '127.0.0.0/8', tenant: 'default' },
      { cidr: '::1/128', tenant: 'default' },
    ],
  },
  providers: { capture: { type: 'capture' } },
  routing: { primary: 'capture' },
  retry: { scheduleSeconds: [60, 300, 900, 3600], maxAttempts: 5, jitter: 0.1, maxAgeHours: 120 },
  breaker: { failureRate: 0.5, windowSeconds: 60, cooldownSeconds: 30, minimumAttempts: 10 },
  health: { intervalSeconds: 60 },
  outbox: { leaseSeconds: 600 },
  attachments: {
    ...{ maxCount: 10, maxBytes: 10_485_760, maxTotalBytes: 26_214_400 },
    ...{ allowNetworks: [], fetchTimeoutSeconds: 30 },
  },
  blobs: { type: 'filesystem' },
  retention: { attachmentDays: 30 },
  policy: { sending: 'on', recipientDomains: [] },
  tracking: { opens: false, clicks: false, anonymous: false },
  webhooks: {
    allowNetworks: ['127.0.0.0/8', '::1/128'],
    scheduleSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
    ...{ jitter: 0.1, timeoutSeconds: 10 },
  },
  domains: { dnsServers: [], selectors: ['iep1', 'iep2'], maxPerTenant: 100 },
  feedback: { host: '127.0.0.1', mailboxes: [] },
  nats: { servers: [], subjectPrefix: 'lfx.email-service', queueGroup: 'lfx.email-service.queue' },
  suppressions: { maxPerTenant: 1_000_000 },
  dashboard: { requireSecondFactor: false, oidc: [] },
  local: { control: 'auto', submit: 'auto', submitMode: '0666' },
  sendmail: {},
  tenants: [],
  profiles: {},
  log: { level: 'info', showAddresses: false },
  chores: {
    ...{ retention: '17 3 * * *', suppressions: '47 * * * *', domains: '37 * * * *' },
    ...{ people: '57 * * * *', search: '*/2 * * * *' },
    ...{ optimize: '7 5 * * *', checkpoint: '*/15 * * * *', space: '27 * * * *' },
  },
  shutdownSeconds: 30,
};
