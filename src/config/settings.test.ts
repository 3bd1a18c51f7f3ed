/** Where the values of a configuration come from, and what is shown of them. */

import { expect, it } from 'vitest';
import { configSchema } from '../cli/configuration.ts';
import { keysOf } from './keys.ts';
import { flatten, originOf, withHiddenSecrets } from './settings.ts';

const of = originOf({
  document: {
    http: { port: 3001, tls: { cert: 'file:tls/cert.pem', key: 'env:TLS_KEY' } },
    providers: { relay: { type: 'smtp', host: 'smtp.example.com', password: 'env:RELAY_PASSWORD' } },
    tenants: [{ slug: 'acme', domains: ['acme.example'] }],
    webhooks: 'file:webhooks.yaml',
  },
  origin: { source: 'file', from: '/etc/iep/iep.config.yaml' },
  env: {
    IEP_SMTP_PORT: '0',
    IEP_RETRY_SCHEDULESECONDS: '[1, 2]',
    IEP_PROVIDERS_RELAY_HOST: 'other',
    IEP_LOG_LEVEL: '',
  },
  said: new Map([['IEP_SMTP_PORT', '--smtp-port']]),
  root: keysOf(configSchema),
});
const file = { source: 'file', from: '/etc/iep/iep.config.yaml' };

it.each([
  ['http.port', file],
  ['http.tls.cert', { source: 'file', from: 'tls/cert.pem' }],
  ['http.tls.key', { source: 'environment', from: 'TLS_KEY' }],
  ['providers.relay.type', file],
  ['providers.relay.host', { source: 'environment', from: 'IEP_PROVIDERS_RELAY_HOST' }],
  ['providers.relay.password', { source: 'environment', from: 'RELAY_PASSWORD' }],
  ['providers.relay.tls', { source: 'default' }],
  ['tenants.0.slug', file],
  ['tenants.0.domains.0.domain', file],
  ['webhooks.jitter', { source: 'file', from: 'webhooks.yaml' }],
  ['smtp.port', { source: 'command', from: '--smtp-port' }],
  ['retry.scheduleSeconds', { source: 'environment', from: 'IEP_RETRY_SCHEDULESECONDS' }],
  ['log.level', { source: 'default' }],
  ['constructor', { source: 'default' }],
])('%s', (path, origin) => {
  expect(of(path)).toEqual(origin);
});

it('has a line for each value, and no secret', () => {
  const shown = withHiddenSecrets({
    dashboard: { oidc: [{ name: 'company', clientSecret: 'secret' }] },
    retry: { scheduleSeconds: [1, 2] },
    http: { tls: undefined, port: 0 },
    tracing: { headers: { 'x-team': 'secret' } },
  });
  expect(flatten(shown)).toEqual([
    ['dashboard.oidc.0.name', 'company'],
    ['dashboard.oidc.0.clientSecret', '(hidden)'],
    ['retry.scheduleSeconds', '[1,2]'],
    ['http.port', '0'],
    ['tracing.headers.x-team', '(hidden)'],
  ]);
});
