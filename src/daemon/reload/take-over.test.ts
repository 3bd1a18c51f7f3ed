/** Which values of a configuration that was read again hold at once, and that the documentation says so. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configSchema } from '../../cli/configuration.ts';
import type { Config } from '../../config/schema.ts';
import { differingPaths, takeOver } from './take-over.ts';

const pem = '-----BEGIN TEST-----';
const tls = { cert: pem, key: pem };
/** With what has no default. */
const running = configSchema.parse({
  http: { publicUrl: 'http://mail.example.com', tls, trustedProxies: ['10.0.0.0/8'] },
  smtp: {
    hostname: 'mail.example.com',
    tls: { ...tls, implicitPort: 0 },
    trustedNetworks: [{ cidr: '::1/128', tenant: 'a' }],
  },
  providers: { relay: { type: 'smtp', host: 'smtp.example.com', username: 'u', password: 'p' } },
  routing: { primary: 'relay', fallback: 'relay' },
  feedback: { domain: 'bounces.example.com', port: 0 },
  outbox: { maxInFlight: 10 },
  tracing: { endpoint: 'http://127.0.0.1:4318/v1/traces' },
  tenants: [{ slug: 'a' }],
});

/** The same with every value another. */
function altered(value: unknown): unknown {
  if (Array.isArray(value)) return [...value, 'another'];
  if (typeof value === 'string') return `${value}-another`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, altered(inner)]));
}

it('takes over all but what the documentation says waits for a restart', () => {
  const wanted = altered(running) as Config;
  const waiting = differingPaths(takeOver(running, wanted), wanted);
  const page = readFileSync(join(import.meta.dirname, '../../../docs/running.md'), 'utf8');
  const sentence = /These wait for a restart:([^.]|\.\w)*\./.exec(page)?.[0] ?? '';
  const documented = [...sentence.matchAll(/`([\w.]+)`/g)].map(([, key = '']) => key);
  const covers = (key: string, path: string) => path === key || path.startsWith(`${key}.`);
  expect(waiting.filter((path) => !documented.some((key) => covers(key, path)))).toEqual([]);
  expect(documented.filter((key) => !waiting.some((path) => covers(key, path)))).toEqual([]);
});

it('leaves a listener with TLS, or without, as it began', () => {
  const secure = configSchema.parse({ http: { tls }, smtp: { tls: { ...tls, implicitPort: 465 } } });
  const plain = configSchema.parse({});
  expect(takeOver(secure, plain)).toEqual(secure);
  expect(takeOver(plain, secure)).toEqual(plain);
  expect(differingPaths(takeOver(plain, secure), secure)).toEqual([
    ...['http.tls.cert', 'http.tls.key'],
    ...['smtp.tls.cert', 'smtp.tls.key', 'smtp.tls.implicitPort'],
  ]);
});

it('tells paths, a list as one value', () => {
  const one = configSchema.parse({ providers: { a: { type: 'null' } }, retry: { scheduleSeconds: [1] } });
  const other = configSchema.parse({ providers: { b: { type: 'null' } }, retry: { scheduleSeconds: [1, 2] } });
  expect(differingPaths(one, other)).toEqual(['providers.a.type', 'retry.scheduleSeconds', 'providers.b.type']);
  expect(differingPaths(one, structuredClone(one))).toEqual([]);
});
