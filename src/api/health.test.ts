import { expect, test } from 'vitest';
import { startServer } from '../http/http.testing.ts';

test('alive asks nothing of the store', async () => {
  const server = await startServer({ overrides: { ready: () => Promise.reject(new Error('not asked')) } });
  const { status, body } = await server.call('GET', '/health');
  expect({ status, body }).toEqual({ status: 200, body: { status: 'ok', version: '0.0.0-test' } });
  await server.close();
});

test('ready says which part is not', async () => {
  const checks = { store: 'ok', smtp: 'the port is taken' };
  let ok = true;
  const server = await startServer({ overrides: { ready: async () => ({ ok, checks }) } });
  expect(await server.call('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready', checks } });
  ok = false;
  expect(await server.call('GET', '/ready')).toMatchObject({ status: 503, body: { status: 'not ready', checks } });
  await server.close();
});

test('metrics are Prometheus text, and probes leave no line in the log above debug', async () => {
  const server = await startServer();
  const { status, text, headers } = await server.call('GET', '/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  for (const name of [
    'iep_messages_total',
    'iep_message_duration_seconds',
    'iep_queue_depth',
    'iep_provider_errors_total',
    'iep_rate_limit_hits_total',
    'iep_accept_duration_seconds',
    'iep_commit_operations',
    'iep_commit_duration_seconds',
    'iep_event_loop_lag_seconds',
  ]) {
    expect(text).toContain(`# TYPE ${name} `);
  }
  expect(server.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  await server.close();
});

test.each(['/health?_=1', '/ready?ts=1&ts=2', '/metrics?name[]=up', '/health?%zz'])(
  '%s is answered as without its query',
  async (path) => {
    const server = await startServer();
    expect(await server.call('GET', path)).toMatchObject({ status: 200 });
    await server.close();
  },
);
