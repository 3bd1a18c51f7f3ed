/** What differs between families of calls, each over the same server. */

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from './http.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ overrides: { dashboard: { file: () => undefined } } });
});
afterAll(() => server.close());

const said = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
  const { status, body: problem } = await server.call(method, path, { headers, ...(body !== undefined && { body }) });
  return [status, problem.code];
};

it('fields that no schema has are named to callers of the API, and passed over of vendors and browsers', async () => {
  const named = await server.call('GET', '/v1/messages?colour=red', { key: 'read' });
  expect(named).toMatchObject({ status: 400, body: { errors: [{ path: 'colour' }] } });
  expect(await said('POST', '/hooks/nobody?team=7', {}, '{}')).toEqual([401, 'callback_refused']);
  expect(await said('GET', '/v1/preview/v1.x.y?utm_source=mail')).toEqual([404, 'not_found']);
});

it('a schema of a page holds for the fields that it has', async () => {
  expect(await said('GET', '/v1/preview/v1.x.y?scheme=green')).toEqual([400, 'invalid_request']);
});

it('a key lets nobody in where a vendor posts, and is not looked at', async () => {
  expect(await said('POST', '/hooks/nobody', { 'x-api-key': 'iep_00000000_no' }, '{}')).toEqual([
    401,
    'callback_refused',
  ]);
  expect(await said('GET', '/v1/messages', { 'x-api-key': 'iep_00000000_no' })).toEqual([401, 'unauthorized']);
});

it('bodies are of the type that a call takes, or of any from a vendor; never compressed', async () => {
  const json = (type: string) => said('POST', '/v1/session', { 'content-type': type }, '{}');
  expect(await json('text/plain')).toEqual([415, 'unsupported_media_type']);
  expect(await json('application/json')).toEqual([400, 'invalid_request']);
  expect(await json('Application/JSON; Charset="UTF-8"')).toEqual([400, 'invalid_request']);
  const plain = { 'content-type': 'application/json', 'content-encoding': 'Identity' };
  expect(await said('POST', '/v1/session', plain, '{}')).toEqual([400, 'invalid_request']);
  expect(await said('POST', '/hooks/nobody', { 'content-type': 'text/plain' }, '{}')).toEqual([
    401,
    'callback_refused',
  ]);
  const packed = await server.call('POST', '/hooks/nobody', {
    body: new Uint8Array(gzipSync('{}')),
    headers: { 'content-encoding': 'gzip' },
  });
  expect(packed).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
});

it('a page tells a browser in words what it refuses, and a program as the API does', async () => {
  const headers = { accept: 'text/html,*/*;q=0.8' };
  const told = await server.call('GET', '/v1/preview/v1.x.y', { headers });
  expect(told.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(told.headers.get('content-security-policy')).toBe("default-src 'none'");
  expect(told.text).toMatch(/^[A-Z][^{}]+\n[A-Z][^{}]+\n$/);
  const loud = await server.call('GET', '/v1/preview/v1.x.y', { headers: { accept: 'TEXT/HTML' } });
  expect(loud.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const program = await server.call('GET', '/v1/preview/v1.x.y');
  expect(program.headers.get('content-type')).toBe('application/problem+json');
  expect((await server.call('GET', '/v1/messages', { headers })).headers.get('content-type')).toBe(
    'application/problem+json',
  );
});
