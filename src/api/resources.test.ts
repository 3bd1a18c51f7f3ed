/** Manifests over HTTP: all or nothing, the same again changes nothing, and each caller within what is its own. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CallInit, startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const hook = `apiVersion: iep/v1
kind: Webhook
metadata:
  name: hook
  namespace: acme
  labels: {team: a}
spec:
  url: https://app.example.com/hooks
  events: [sent]
`;

async function apply(body: string, { query = '', ...init }: CallInit & { query?: string } = {}) {
  const headers = { 'content-type': 'application/yaml', ...init.headers };
  return server.call('POST', `/v1/apply${query}`, { key: 'operator', ...init, body, headers });
}

const actionsOf = ({ body }: { body: Record<string, unknown> }) =>
  (body.items as { action: string; kind: string; name: string }[]).map(
    ({ action, kind, name }) => `${action} ${kind} ${name}`,
  );

async function audited() {
  const { items } = await server.store.audit.list({ filter: {}, limit: 100 });
  return items
    .map(({ action, outcome, tenant, target }) => [action, outcome, tenant, target].join(' ').trim())
    .toReversed();
}

describe('a run', () => {
  const platform = `apiVersion: iep/v1
kind: Tenant
metadata: {name: initech}
spec: {settings: {anySender: true, ratePerMinute: 5}}
---
apiVersion: iep/v1
kind: Key
metadata: {name: deploy, namespace: initech}
spec: {scopes: [send, read]}
---
apiVersion: iep/v1
kind: Domain
metadata: {name: Initech.example, namespace: initech}
---
apiVersion: iep/v1
kind: Suppression
metadata: {name: gone, namespace: initech}
spec: {email: Gone@example.org, reason: manual, note: asked}
---
apiVersion: iep/v1
kind: Subscriber
metadata: {name: jo, namespace: initech}
spec: {email: jo@example.org, locale: de}
---
${hook.replace('acme', 'initech')}`;

  it('makes a tenant with all that it has, and the same again changes nothing', async () => {
    const first = await apply(platform);
    expect(first.status).toBe(200);
    expect(actionsOf(first)).toEqual([
      'create Tenant initech',
      'create Key deploy',
      'create Domain Initech.example',
      'create Webhook hook',
      'create Suppression gone',
      'create Subscriber jo',
    ]);
    expect(first.body.items).toMatchObject([
      {},
      { namespace: 'initech', secret: { key: expect.stringMatching(/^iep_/) } },
      {},
      { secret: { secret: expect.stringMatching(/^whsec_/) } },
      {},
      {},
    ]);
    const again = await apply(platform);
    expect(actionsOf(again).every((line) => line.startsWith('unchanged'))).toBe(true);
    const { body } = await server.call('GET', '/v1/suppressions', {
      key: 'operator',
      headers: { 'x-iep-tenant': 'initech' },
    });
    expect(body.items).toMatchObject([{ email: 'gone@example.org', note: 'asked' }]);
    expect(await audited()).toEqual([
      'tenant.add done initech initech',
      expect.stringMatching(/^key.add done initech /),
      'domain.add done initech initech.example',
      expect.stringMatching(/^webhook.add done initech /),
      'suppression.add done initech gone@example.org',
      'subscriber.set done initech jo',
      'resources.apply done',
      'resources.apply done',
    ]);
  });

  it('that is only planned shows no secret, for nothing is made', async () => {
    const { body } = await apply(platform, { query: '?dryRun=true' });
    expect(body.items).toHaveLength(6);
    expect(JSON.stringify(body)).not.toMatch(/"secret"|iep_|whsec_/);
  });

  it('beside the same run is the later one, and finds nothing to do', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => apply(platform)));
    expect(runs.map(({ status, text }) => (status === 200 ? status : text))).toEqual([200, 200, 200]);
    const made = runs.filter((run) => actionsOf(run).includes('create Tenant initech'));
    expect(made).toHaveLength(1);
  });

  it('changes what a manifest says otherwise, and takes back what it no longer says', async () => {
    await apply(platform);
    const changed = platform.replace(', ratePerMinute: 5', ', ratePerHour: 9').replace(', locale: de', '');
    const { body } = await apply(changed, { query: '?dryRun=true' });
    const tenantChanges = [
      { path: 'settings.ratePerHour', after: 9 },
      { path: 'settings.ratePerMinute', before: 5 },
    ];
    expect(body).toMatchObject({
      dryRun: true,
      items: [{ action: 'update', changes: tenantChanges }, {}, {}, {}, {}, {}],
    });
    expect(actionsOf(await apply(changed))).toContain('update Subscriber jo');
    const { settings } = (await server.store.tenants.list()).find(({ slug }) => slug === 'initech') ?? {};
    expect(settings).toEqual({ anySender: true, ratePerHour: 9 });
    const jo = await server.call('GET', '/v1/resources/subscribers/jo', { key: 'operator' });
    expect(jo.body).toMatchObject({
      metadata: { source: 'apply', namespace: 'initech' },
      spec: { email: 'jo@example.org' },
    });
    expect(jo.body.spec).not.toHaveProperty('locale');
  });

  it('leaves alone what no manifest said', async () => {
    await apply(platform);
    const tenant = (await server.store.tenants.list()).find(({ slug }) => slug === 'initech');
    await server.store.tenants.set({ tenantId: tenant?.id ?? '', settings: { ratePerDay: 7 }, now: 1 });
    await apply(platform.replace('ratePerMinute: 5', 'ratePerMinute: 6'));
    const { settings } = (await server.store.tenants.list()).find(({ slug }) => slug === 'initech') ?? {};
    expect(settings).toEqual({ anySender: true, ratePerMinute: 6, ratePerDay: 7 });
  });

  it('changes nothing where one document is wrong, and names all that are', async () => {
    const wrong = `${platform}---
${hook.replace('https://app.example.com/hooks', 'ftp://x').replace('name: hook', 'name: other')}---
apiVersion: iep/v1
kind: Tenant
metadata: {name: Not A Slug}
---
apiVersion: iep/v1
kind: Rules
metadata: {name: later}
---
apiVersion: v9
kind: Subscriber
metadata: {name: x, namespace: nobody}
spec: {mail: x}
`;
    const { status, body } = await apply(wrong);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect((body.errors as { path: string }[]).map(({ path }) => path)).toEqual(['documents.7.metadata.name']);
    const most = await apply(wrong.replace('Not A Slug', 'fine'));
    expect((most.body.errors as { path: string }[]).map(({ path }) => path)).toEqual([
      'documents.6.spec.url',
      'documents.8.kind',
      'documents.9.apiVersion',
    ]);
    expect((await server.store.tenants.list()).map(({ slug }) => slug)).toEqual(['acme', 'rival']);
  });

  it.each([
    ['Route', 'default', 'primary: nowhere', 'spec.primary'],
    ['Tenant', 'other', 'settings: {primary: nowhere}', 'spec.settings.primary'],
    ['Template', 'one', 'subject: "{{#if x}}"\n  text: x', 'spec.subject'],
    ['EmailTemplate', 'one', 'subject: x\n  htmlBody: "{{if x}}"', 'spec.htmlBody'],
  ])('names what is wrong with a %s where it stands', async (kind, name, spec, path) => {
    const apiVersion = kind === 'EmailTemplate' ? 'email.miloapis.com/v1alpha1' : 'iep/v1';
    const namespace = kind === 'Tenant' ? '' : ', namespace: acme';
    const { body } = await apply(
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${namespace}}\nspec:\n  ${spec}\n`,
    );
    expect((body.errors as { path: string }[]).map((one) => one.path)).toContain(`documents.0.${path}`);
  });

  it('is not begun where the store refuses the last of it', async () => {
    const { id: tenantId } = server.tenants.rival;
    await server.store.domains.add({ tenantId, domain: 'rival.example', id: server.deps.newId(), now: 1 });
    const domain = 'apiVersion: iep/v1\nkind: Domain\nmetadata: {name: rival.example, namespace: acme}\n';
    const { status } = await apply(`${hook}---\n${domain}`);
    expect(status).toBe(409);
    expect(await server.store.webhooks.list({ tenantId: server.tenants.acme.id })).toEqual([]);
    expect((await audited()).toSorted()).toEqual(['resources.apply conflict']);
  });

  it('with a label takes away what it no longer has, and nothing else', async () => {
    const other = hook.replace('name: hook', 'name: other');
    await apply(`${hook}---\n${other}`);
    await apply(hook.replace('name: hook', 'name: third').replace('team: a', 'team: b'));
    const dry = await apply(hook, { query: '?prune=team=a&dryRun=true' });
    expect(actionsOf(dry)).toEqual(['prune Webhook other', 'unchanged Webhook hook']);
    expect(actionsOf(await apply(hook, { query: '?prune=team%3Da' }))).toEqual(actionsOf(dry));
    const { body } = await server.call('GET', '/v1/resources/webhooks', { key: 'operator' });
    expect((body.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)).toEqual([
      'hook',
      'third',
    ]);
  });

  it('takes away what the manifests declare', async () => {
    await apply(hook);
    expect(actionsOf(await apply(hook, { query: '?delete=true' }))).toEqual(['delete Webhook hook']);
    expect(actionsOf(await apply(hook, { query: '?delete=true' }))).toEqual(['unchanged Webhook hook']);
    await apply(hook);
    expect((await server.call('DELETE', '/v1/resources/webhook/hook', { key: 'operator' })).status).toBe(204);
    expect((await server.call('DELETE', '/v1/resources/webhook/hook', { key: 'operator' })).status).toBe(404);
  });
});

describe('what is given back', () => {
  it('can be applied again, and has no secret', async () => {
    await apply(hook.replace('events: [sent]', `events: [sent]\n  secret: whsec_${'A'.repeat(32)}`));
    const { body, text } = await server.call('GET', '/v1/resources/Webhook/hook', { key: 'admin' });
    expect(body).toMatchObject({
      ...{ apiVersion: 'iep/v1', kind: 'Webhook' },
      metadata: { name: 'hook', namespace: 'acme', labels: { team: 'a' }, source: 'apply' },
      spec: { url: 'https://app.example.com/hooks', events: ['sent'], active: true },
    });
    expect(text).not.toContain('whsec_');
    expect(actionsOf(await apply(text, { headers: { 'content-type': 'application/json' } }))).toEqual([
      'unchanged Webhook hook',
    ]);
  });

  it('also has what was made otherwise, by its id', async () => {
    const { body } = await server.call('POST', '/v1/webhooks', { key: 'admin', json: { url: 'https://x.example/y' } });
    const found = await server.call('GET', `/v1/resources/webhooks/${body.id}`, { key: 'admin' });
    expect(found.body).toMatchObject({ metadata: { name: body.id, source: 'command', labels: {} } });
  });

  it('has a schema for each kind', async () => {
    const { status, body } = await server.call('GET', '/schemas/webhook.json');
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: 'Webhook', properties: { spec: { properties: { url: { type: 'string' } } } } });
    for (const { kind } of server.deps.resources.kinds) {
      expect((await server.call('GET', `/schemas/${kind}.json`)).body).toMatchObject({ title: kind });
    }
    expect((await server.call('GET', '/schemas/nothing.json')).status).toBe(404);
  });

  it('comes page by page, by tenant', async () => {
    const subscriber = (name: string, namespace: string) =>
      `---\napiVersion: iep/v1\nkind: Subscriber\nmetadata: {name: ${name}, namespace: ${namespace}}\n`;
    await apply(['a', 'b', 'c'].map((name) => subscriber(name, 'acme')).join('') + subscriber('a', 'rival'));
    const seen: string[] = [];
    let cursor = '';
    do {
      const path = `/v1/resources/subscribers?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body } = await server.call('GET', path, { key: 'operator' });
      const items = body.items as { metadata: { name: string; namespace: string } }[];
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
      cursor = String(body.cursor ?? '');
    } while (cursor !== '');
    expect(seen).toEqual(['acme/a', 'acme/b', 'acme/c', 'rival/a']);
  });
});

describe('a tenant’s key', () => {
  it('changes and sees what is its own, with or without the namespace', async () => {
    const own = hook.replace('  namespace: acme\n', '');
    expect(actionsOf(await apply(own, { key: 'admin' }))).toEqual(['create Webhook hook']);
    expect(actionsOf(await apply(hook, { key: 'admin' }))).toEqual(['unchanged Webhook hook']);
    expect((await server.call('GET', '/v1/resources/webhooks', { key: 'rival' })).body.items).toEqual([]);
    expect((await server.call('GET', '/v1/resources/webhooks/hook', { key: 'rival' })).status).toBe(404);
    expect((await server.call('DELETE', '/v1/resources/webhooks/hook', { key: 'rival' })).status).toBe(404);
    expect(actionsOf(await apply(own, { key: 'rival', query: '?delete=true' }))).toEqual(['unchanged Webhook hook']);
    expect(actionsOf(await apply(own, { key: 'rival' }))).toEqual(['create Webhook hook']);
  });

  it.each([
    ['another namespace', hook],
    ['a namespace that nobody has', hook.replace('acme', 'nobody')],
    ['a tenant', 'apiVersion: iep/v1\nkind: Tenant\nmetadata: {name: new}\n'],
    ['a key', 'apiVersion: iep/v1\nkind: Key\nmetadata: {name: k}\nspec: {scopes: [operator]}\n'],
    ['a route', 'apiVersion: iep/v1\nkind: Route\nmetadata: {name: default}\nspec: {primary: relay}\n'],
  ])('does not reach %s', async (_what, manifest) => {
    const { status, body } = await apply(manifest, { key: 'rival' });
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
  });

  it('sees nothing of the platform', async () => {
    expect((await server.call('GET', '/v1/resources/tenants', { key: 'admin' })).status).toBe(403);
    expect((await server.call('GET', '/v1/resources/providers/relay', { key: 'admin' })).status).toBe(403);
  });
});

describe('a body', () => {
  it.each([
    ['', ''],
    ['a: [', 'a: ['],
    ['[]', '[]'],
    ['{"a"', '{"a"'],
    ['42', '42'],
    ['large', `a: |\n${'  text\n'.repeat(30_000)}`],
    ['a bomb', `a: &a [x,x,x]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]\n`],
    ['many', '---\n{apiVersion: a, kind: b, metadata: {name: c}}\n'.repeat(1_001)],
  ])('that is %s is refused', async (_what, body) => {
    const { status, body: problem } = await apply(body);
    expect({ status, code: problem.code }).toEqual({ status: 400, code: 'invalid_request' });
  });
});
