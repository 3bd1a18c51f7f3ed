import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusals } from '../core/errors.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { webhookNames } from '../webhooks/event-name.ts';
import { payloadOf } from '../webhooks/payload.ts';
import { operationId } from './operation-id.ts';
import { webhookPayloadShape } from './shapes.ts';
import { submissionBody } from './submission-schema.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown>; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
  security: unknown[];
}

let server: TestServer;
let document: {
  openapi: string;
  info: { version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: object; additionalProperties: unknown }> };
  webhooks: Record<string, unknown>;
};
let operations: (Operation & { path: string })[];
beforeAll(async () => {
  server = await startServer();
  document = (await server.call('GET', '/openapi.json')).body as unknown as typeof document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ ...operation, path })),
  );
});
afterAll(() => server.close());

test('is OpenAPI 3.1 of this version, and lists every code', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info.version).toBe('0.0.0-test');
  for (const code of Object.keys(refusals)) expect(document.info.description).toContain(`\`${code}\``);
});

test('every call has a name of its own, a summary, its path’s parameters, an answer and the problem', () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operationId, summary, path, parameters, responses } of operations) {
    expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(summary).not.toBe('');
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
    expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
    expect(Object.keys(responses).some((status) => /^[23]/.test(status))).toBe(true);
    expect(responses.default?.content).toHaveProperty(['application/problem+json']);
  }
});

test('has no reference that leads nowhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
  expect(references.length).toBeGreaterThan(0);
  const names = Object.keys(document.components.schemas);
  for (const target of references) expect(names).toContain(String(target).replace('#/components/schemas/', ''));
  expect(names).toEqual(expect.arrayContaining(['Message', 'Problem', 'Submission', 'Tenant', 'WebhookPayload']));
});

test('has a webhook for each event, whose payload is what is posted', () => {
  expect(Object.keys(document.webhooks)).toEqual([...webhookNames]);
  const event = { position: '9', tenantId: 't', messageId: 'm', sequence: 3, type: 'sent', at: 1, data: {} } as const;
  const posted = JSON.parse(payloadOf({ event, mail: { to: ['a@x.example'], subject: 'S', attempts: 1 } }));
  expect(webhookPayloadShape.parse(posted)).toEqual(posted);
});

test('names its calls as people would', () => {
  const ids = operations.map((one) => one.operationId);
  for (const id of [
    ...['sendMessage', 'sendMessages', 'getMessage', 'listMessages', 'retryMessage', 'retryMessages', 'cancelMessage'],
    ...['listMessageEvents', 'createDomain', 'listDomains', 'verifyDomain', 'deleteDomain', 'getDomainHistory'],
    ...[
      'importSuppressions',
      'listWebhookDeliveries',
      'replayWebhookDelivery',
      'rotateKey',
      'updateTenant',
      'getStats',
    ],
    ...['pauseQueue', 'getQueue', 'testProvider', 'streamEvents', 'getHealth'],
  ]) {
    expect(ids).toContain(id);
  }
});

test('makes one word of a path’s part with hyphens', () => {
  const ids = [
    operationId({ method: 'GET', path: '/v1/ping-store' }),
    operationId({ method: 'GET', path: '/v1/escalation-policies' }),
    operationId({ method: 'DELETE', path: '/v1/escalation-policies/:id' }),
    operationId({ method: 'POST', path: '/v1/messages/:id/send-again' }),
  ];
  expect(ids).toEqual(['getPingStore', 'listEscalationPolicies', 'deleteEscalationPolicy', 'sendAgainMessage']);
});

test('describes a message with the schema that checks it', () => {
  const body = document.paths['/v1/messages']?.post?.requestBody?.content['application/json'];
  expect(body?.schema).toEqual({ $ref: '#/components/schemas/Submission' });
  const named = document.components.schemas.Submission;
  expect(Object.keys(named?.properties ?? {})).toEqual(Object.keys(submissionBody.shape));
  expect(named?.additionalProperties).toBe(false);
});

describe('the examples', () => {
  test('of messages are accepted', async () => {
    const example = document.paths['/v1/messages']?.post?.requestBody?.content['application/json']?.example;
    expect((await server.call('POST', '/v1/messages', { key: 'send', json: example })).status).toBe(202);
    const batch = document.paths['/v1/messages/batch']?.post?.requestBody?.content['application/json']?.example;
    expect((await server.call('POST', '/v1/messages/batch', { key: 'send', json: batch })).body).toMatchObject({
      refused: 0,
    });
  });

  test.each([
    ['/v1/messages/raw', 'message/rfc822', 'send', 202],
    ['/v1/suppressions/import', 'text/csv', 'admin', 200],
  ])('of %s is accepted', async (path, type, key, status) => {
    const example = document.paths[path]?.post?.requestBody?.content[type]?.example;
    const answer = await server.call('POST', path, { key, body: String(example), headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
  });
});

test('query parameters are those that are checked', async () => {
  const { parameters } = document.paths['/v1/messages']?.get ?? { parameters: [] };
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['status', 'from', 'to', 'limit', 'offset', 'cursor', 'q']));
  for (const { schema } of parameters) expect(Object.keys(schema).length).toBeGreaterThan(0);
});
