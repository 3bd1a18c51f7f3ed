/** What a run makes out of one another: in whatever order its documents stand, each finds what it needs, or nothing is done. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

type Document = Readonly<Record<string, unknown>>;

async function apply(documents: readonly Document[], query = '') {
  const { status, body } = await server.call('POST', `/v1/apply${query}`, { key: 'operator', json: documents });
  const items = (body.items ?? []) as { action: string; kind: string; name: string; messageId?: string }[];
  return {
    status,
    errors: body.errors as { path: string; message: string }[] | undefined,
    actions: items.map(({ action, kind, name }) => `${action} ${kind} ${name}`),
    messageId: items.find(({ messageId }) => messageId !== undefined)?.messageId ?? '',
  };
}

const document = (kind: string, name: string, spec: object, namespace?: string): Document => ({
  ...{ apiVersion: 'iep/v1', kind, metadata: { name, ...(namespace && { namespace }), labels: { set: 'one' } }, spec },
});
const layout = (name: string, spec: object, namespace = 'acme') => document('Layout', name, spec, namespace);
const template = (name: string, spec: object, namespace = 'acme') =>
  document('Template', name, { subject: name, ...spec }, namespace);
const around = (text: string) => ({ text: `${text}({{#block "main"}}{{/block}})` });
const filled = (layoutName: string, text: string) => ({
  ...{ layout: layoutName, text: `{{#content "main"}}${text}{{/content}}` },
});
const email = (name: string, templateName: string, namespace: string, spec: object = {}): Document => ({
  ...document('Email', name, { templateRef: { name: templateName }, to: ['jo@example.org'], ...spec }, namespace),
  apiVersion: 'email.miloapis.com/v1alpha1',
});

/** As it will be sent. */
async function textOf(messageId: string): Promise<string> {
  const { text } = await server.call('GET', `/v1/messages/${messageId}/raw`, { key: 'operator' });
  return text.slice(text.indexOf('\r\n\r\n')).trim();
}
async function textOfTemplate(name: string, tenant = 'acme'): Promise<unknown> {
  const headers = { 'x-iep-tenant': tenant };
  return (await server.call('POST', `/v1/templates/${name}/preview`, { key: 'operator', json: {}, headers })).body.text;
}
const tenants = async () => (await server.store.tenants.list()).map(({ slug }) => slug);

describe('an e-mail', () => {
  const sender = { defaultFrom: { email: 'noreply@initech.example' } };
  const initech = (settings: object = { anySender: true }) =>
    document('Tenant', 'initech', { settings: { ...sender, ...settings, branding: { company: 'Initech' } } });
  const hello = template('hello', filled('outer', 'Hello {{name}} of {{brand.company}}'), 'initech');
  const outer = layout('outer', around('outer'), 'initech');
  const jo = document('Subscriber', 'jo', { email: 'jo@example.org' }, 'initech');
  const greeting = email('greeting', 'hello', 'initech', {
    ...{ userRef: { name: 'jo' }, to: [], variables: [{ name: 'name', value: 'Jo' }] },
  });
  const all = [greeting, jo, hello, outer, initech()];

  it('stands in the run that makes its tenant, its template and its subscriber', async () => {
    expect((await apply(all, '?dryRun=true')).status).toBe(200);
    expect(await tenants()).toEqual(['acme', 'rival']);
    const first = await apply(all);
    expect(first.actions).toEqual([
      ...['create Tenant initech', 'create Layout outer', 'create Template hello'],
      ...['create Subscriber jo', 'create Email greeting'],
    ]);
    expect(await textOf(first.messageId)).toBe('outer(Hello Jo of Initech)');
    expect((await apply(all)).actions.every((one) => one.startsWith('unchanged '))).toBe(true);
  });

  it('is of a template that all tenants have', async () => {
    const json = { name: 'shared-hello', subject: 'Hi', text: 'Shared', shared: true };
    await server.call('POST', '/v1/templates', { key: 'operator', json });
    const { messageId } = await apply([email('e', 'shared-hello', 'initech'), initech()]);
    expect(await textOf(messageId)).toBe('Shared');
    const none = await apply([email('e', 'none', 'globex'), { ...initech(), metadata: { name: 'globex' } }]);
    expect(none).toMatchObject({ status: 400, errors: [{ path: 'documents.0.spec.templateRef.name' }] });
  });

  it('takes the tenant back with it where it is refused', async () => {
    const age = { name: 'age', type: 'number', required: true };
    const wrong = { ...hello, spec: { ...(hello.spec as object), variables: [age] } };
    const { status, errors } = await apply([greeting, jo, wrong, outer, initech()]);
    expect({ status, path: errors?.[0]?.path }).toEqual({ status: 422, path: 'documents.0.spec.variables.age' });
    expect(await tenants()).toEqual(['acme', 'rival']);
    expect((await apply([greeting, jo, hello, outer, initech({ anySender: false })])).status).toBe(403);
    expect(await tenants()).toEqual(['acme', 'rival']);
  });

  it('is held to what its tenant may do after the run', async () => {
    const own = document('Domain', 'initech.example', {}, 'initech');
    expect((await apply([greeting, jo, hello, outer, own, initech({ anySender: false })])).status).toBe(200);
    const off = initech({ anySender: false, requireVerifiedDomains: true });
    expect((await apply([email('next', 'hello', 'initech'), off])).status).toBe(403);
    const { defaultFrom: _, ...settings } = { ...sender, ratePerMinute: 1 };
    expect((await apply([document('Tenant', 'initech', { settings: { ...settings, ...sender } })])).status).toBe(200);
    const two = ['a', 'b'].map((name) => email(name, 'hello', 'initech'));
    expect((await apply(two)).status).toBe(429);
  });

  it('is from the sender that the same run gives its tenant', async () => {
    const acme = document('Tenant', 'acme', { settings: { defaultFrom: { email: 'new@acme.example' } } });
    const { messageId } = await apply([email('one', 'plain', 'acme'), template('plain', { text: 'Plain' }), acme]);
    const { body } = await server.call('GET', `/v1/messages/${messageId}`, { key: 'operator' });
    expect(body.from).toMatchObject({ email: 'new@acme.example' });
  });

  it('is made of its tenant’s own template, and of the layouts as the run leaves them', async () => {
    const acme = document('Tenant', 'acme', { settings: { defaultFrom: { email: 'new@acme.example' } } });
    await apply([acme, layout('frame', around('old')), template('letter', filled('frame', 'own'))]);
    const shared = document('Template', 'letter', { subject: 's', text: 'shared', shared: true });
    const { messageId } = await apply([shared, email('one', 'letter', 'acme'), layout('frame', around('new'))]);
    expect(await textOf(messageId)).toBe('new(own)');
  });
});

describe('templates', () => {
  const chain = [
    template('letter', filled('inner', 'Dear')),
    layout('inner', { layout: 'outer', text: '{{#content "main"}}inner[{{#block "main"}}{{/block}}]{{/content}}' }),
    layout('outer', { text: '{{> head}} {{#block "main"}}{{/block}}' }),
    document('Partial', 'head', { text: 'head' }, 'acme'),
  ];

  it.each([
    ['as they stand', chain],
    ['the other way round', chain.toReversed()],
  ])('stand behind what they are made with: %s', async (_, documents) => {
    const { actions } = await apply(documents);
    expect(actions).toEqual([
      ...['create Partial head', 'create Layout outer', 'create Layout inner', 'create Template letter'],
    ]);
    expect(await textOfTemplate('letter')).toBe('head inner[Dear]');
    const plan = await apply(documents, '?prune=set%3Done&dryRun=true');
    expect(plan.actions.every((one) => one.startsWith('unchanged '))).toBe(true);
  });

  it('are not made in a circle', async () => {
    const circle = [layout('a', { layout: 'b', text: 'x' }), layout('b', { layout: 'a', text: 'x' })];
    const { status, errors } = await apply([...chain, ...circle]);
    expect(status).toBe(400);
    expect(errors).toEqual([
      {
        path: 'documents.4.spec',
        message:
          'Layout a is made with Layout b, which is made with Layout a: take one of them out of the other, for such templates have no end',
      },
    ]);
    expect((await server.call('GET', '/v1/templates', { key: 'admin' })).body.items).toEqual([]);
  });

  it('go before what they are made with, and after what is made without them from now on', async () => {
    await apply(chain);
    const alone = template('letter', { text: 'Alone' });
    const plan = await apply([alone], '?prune=set%3Done&dryRun=true');
    expect(plan.actions).toEqual([
      ...['update Template letter', 'prune Layout inner', 'prune Layout outer', 'prune Partial head'],
    ]);
    expect((await apply([alone], '?prune=set%3Done')).actions).toEqual(plan.actions);
    expect(await textOfTemplate('letter')).toBe('Alone');
    await apply(chain);
    expect((await apply(chain.toReversed(), '?delete=true')).actions).toEqual([
      ...['delete Template letter', 'delete Layout inner', 'delete Layout outer', 'delete Partial head'],
    ]);
  });

  it('go with their tenant', async () => {
    const tenant = document('Tenant', 'initech', {});
    const theirs = chain.map((one) => ({ ...one, metadata: { ...(one.metadata as object), namespace: 'initech' } }));
    await apply([tenant, ...theirs]);
    const { status, actions } = await apply([tenant, ...theirs], '?delete=true');
    expect({ status, last: actions.at(-1) }).toEqual({ status: 200, last: 'delete Tenant initech' });
  });

  it('of one tenant are made with nothing of another', async () => {
    const both = ['acme', 'rival'].flatMap((tenant) => [
      template('letter', filled('frame', 'Dear'), tenant),
      layout('frame', around(tenant), tenant),
    ]);
    expect((await apply(both)).status).toBe(200);
    expect(await textOfTemplate('letter', 'acme')).toBe('acme(Dear)');
    expect(await textOfTemplate('letter', 'rival')).toBe('rival(Dear)');
  });

  it('may take the name of one of another kind', async () => {
    await apply([layout('thing', around('layout'))]);
    const { status, actions } = await apply([template('thing', { text: 'template' })], '?prune=set%3Done');
    expect({ status, actions }).toEqual({ status: 200, actions: ['prune Layout thing', 'create Template thing'] });
  });
});

describe('a template that is there', () => {
  it('is not broken by the layout of a run, unless it changes with it', async () => {
    await apply([layout('outer', around('outer')), template('hello', filled('outer', 'hello'))]);
    const renamed = { text: '{{#block "body"}}{{/block}}' };
    const refused = await apply([layout('outer', renamed)], '?dryRun=true');
    expect(refused.status).toBe(422);
    expect(refused.errors).toEqual([
      { path: 'documents.0', message: expect.stringMatching(/^hello: text, .*no layout around it has a block "main"/) },
    ]);
    expect(await textOfTemplate('hello')).toBe('outer(hello)');
    const follows = { layout: 'outer', text: '{{#content "body"}}hello{{/content}}' };
    expect((await apply([template('hello', follows), layout('outer', renamed)])).status).toBe(200);
    expect(await textOfTemplate('hello')).toBe('hello');
  });

  it('keeps nothing of its sources where a manifest changes their syntax', async () => {
    await apply([
      template('notice', {
        html: '<p>{{name}}</p>',
        text: 'Hello {{name}}',
        locales: { de: { text: 'Hallo {{name}}' } },
      }),
    ]);
    const spec = { subject: 'Notice', htmlBody: '<p>{{.name}}</p>', variables: [{ name: 'name' }] };
    const inGo = { ...document('EmailTemplate', 'notice', spec, 'acme'), apiVersion: 'email.miloapis.com/v1alpha1' };
    expect((await apply([inGo])).actions).toEqual(['update EmailTemplate notice']);
    expect((await apply([inGo])).actions).toEqual(['unchanged EmailTemplate notice']);
    const { body } = await server.call('GET', '/v1/templates/notice', {
      key: 'operator',
      headers: { 'x-iep-tenant': 'acme' },
    });
    expect(body).toMatchObject({ syntax: 'go', html: '<p>{{.name}}</p>', text: null, locales: {} });
  });
});
