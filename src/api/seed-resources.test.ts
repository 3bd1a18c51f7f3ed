/** The documents that seed 000 prints, byte for byte, and what becomes of them. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

const email = `apiVersion: email.miloapis.com/v1alpha1
kind: Email
metadata:
  name: user-invitation-12345
  namespace: organization-xyz
spec:
  templateRef: 
    name: "user-invitation"
  userRef:
    name: ["332926980888461588"]
  cc: []
  bcc: []
  variables:
    - name: UserName
      value: "John Doe"
    - name: InviteLink
      value: "https://cloud.datum.net/org/xyz/invites/user-invitation-12345"
    - name: CompanyName
      value: "Datum Technology, Inc."
  # Used to prioritize in which order emails are sent.
  priority: "high"
`;

const template = `apiVersion: email.miloapis.com/v1alpha1
kind: EmailTemplate
metadata:
  name: user-invitation
spec:
  subject: "Welcome to {{.CompanyName}}, {{.UserName}}!"
  htmlBody: |
    <html>
      <body>
        <h1>Welcome {{.UserName}}</h1>
        <p>Click <a href="{{.InviteLink}}">here</a> to join {{.CompanyName}}</p>
      </body>
    </html>
  textBody: |
    Welcome {{.UserName}}!
    
    Join {{.CompanyName}} by visiting: {{.InviteLink}}
  variables:
  - name: "UserName"
    required: true
    type: "string"
  - name: "CompanyName"
    required: true
    type: "string"
  - name: "InviteLink"
    required: true
    type: "url"
`;

const event = `apiVersion: v1
kind: EmailEvent
metadata:
  name: user-invitation-a8f3d2.17ba6c5f42e8f3a1
  namespace: tenant-acme-corp
  ...
regarding:
  apiVersion: email.miloapis.com/v1alpha1
  kind: Email
  name: user-invitation-12345
  namespace: organization-xyz
  uid: 550e8400-e29b-41d4-a716-446655440000
reason: DeliverySuccessful
message: "Message delivered to john.doe@company.com at 2025-07-28T14:32:58.234Z"
source:
  component: resend-email-webhook-receiver
type: Normal
action: EmailDelivered
`;

const subscriber = `apiVersion: iep/v1
kind: Subscriber
metadata:
  name: "332926980888461588"
  namespace: organization-xyz
spec:
  email: john.doe@company.com
  name: John Doe
`;

let server: TestServer;
let tenantId: string;
beforeEach(async () => {
  server = await startServer();
  const settings = { anySender: true, defaultFrom: { email: 'noreply@datum.example' } };
  const slug = 'organization-xyz';
  ({ id: tenantId } = await server.store.tenants.add({ id: server.deps.newId(), slug, name: slug, settings, now: 1 }));
  server.deps.directory.forget();
});
afterEach(() => server.close());

const apply = (body: string, { query = '', key = 'operator' } = {}) =>
  server.call('POST', `/v1/apply${query}`, { key, body, headers: { 'content-type': 'application/yaml' } });
const get = async (path: string) => (await server.call('GET', `/v1/resources/${path}`, { key: 'operator' })).body;
const actionsOf = ({ body }: { body: Record<string, unknown> }) =>
  (body.items as { action: string; kind: string }[]).map(({ action, kind }) => `${action} ${kind}`);
const name = 'user-invitation-12345';

it.each([
  ['all in one run', [[template, subscriber, email, event]]],
  ['one after the other', [[template], [subscriber], [email], [event]]],
])('they apply as they stand, %s', async (_how, runs) => {
  const done: string[] = [];
  for (const run of runs) {
    const answer = await apply(run.join('---\n'));
    expect(answer.status, answer.text).toBe(200);
    done.push(...actionsOf(answer));
  }
  expect(done.toSorted()).toEqual(['create Email', 'create EmailEvent', 'create EmailTemplate', 'create Subscriber']);
  const [job] = await server.claim();
  expect(job?.message).toMatchObject({
    ...{
      tenantId,
      from: { email: 'noreply@datum.example' },
      to: [{ email: 'john.doe@company.com', name: 'John Doe' }],
    },
    ...{ lane: 'high' },
    content: {
      template: { name: 'user-invitation', version: 1 },
      variables: { UserName: 'John Doe', CompanyName: 'Datum Technology, Inc.' },
    },
  });
  expect(actionsOf(await apply(runs.flat().join('---\n'))).every((line) => line.startsWith('unchanged'))).toBe(true);
  expect(await server.claim()).toEqual([]);
});

describe('what is given back', () => {
  beforeEach(async () => {
    await apply([template, subscriber, email].join('---\n'));
  });

  it('is the e-mail with its status, and its events in their shape', async () => {
    const [job] = await server.claim();
    if (job === undefined) throw new Error('nothing is due');
    const at = Date.parse('2026-11-30T10:00:00Z');
    await server.store.outbox.settle({
      ...{ tenantId, messageId: job.message.id, fence: job.fence, at, status: 'sent', sentAt: at },
      recipients: [{ position: 0, status: 'sent' }],
      events: [{ type: 'sent', at, recipient: 'john.doe@company.com', data: { provider: 'resend' } }],
    });
    await apply(event);
    const one = await get(`emails/${name}`);
    expect(one).toMatchObject({
      ...{ apiVersion: 'email.miloapis.com/v1alpha1', kind: 'Email' },
      metadata: { name, namespace: 'organization-xyz', uid: job.message.id },
      spec: { templateRef: { name: 'user-invitation' }, userRef: { name: ['332926980888461588'] }, priority: 'high' },
      status: {
        ...{ phase: 'Delivered', messageId: job.message.id },
        conditions: [
          {
            type: 'email.sent',
            status: 'True',
            reason: 'SendingSuccessful',
            lastTransitionTime: '2026-11-30T10:00:00.000Z',
          },
          {
            type: 'email.delivered',
            status: 'True',
            reason: 'DeliverySuccessful',
            lastTransitionTime: '2025-07-28T14:32:58.234Z',
          },
        ],
      },
    });
    const events = (await get('emailevents')).items as Record<string, unknown>[];
    expect(events).toMatchObject([
      {
        kind: 'EmailEvent',
        regarding: { kind: 'Email', name, namespace: 'organization-xyz', uid: job.message.id },
        ...{
          reason: 'SendingSuccessful',
          type: 'Normal',
          action: 'EmailSent',
          source: { component: 'iep-provider-resend' },
        },
        message: 'Message handed over to john.doe@company.com at 2026-11-30T10:00:00.000Z',
      },
      { reason: 'DeliverySuccessful', action: 'EmailDelivered' },
    ]);
    expect(((await get('emails')).items as object[])[0]).toMatchObject({
      metadata: { name },
      status: { phase: 'Delivered' },
    });
  });

  it('is the template as it was written', async () => {
    expect(await get('emailtemplates/user-invitation')).toMatchObject({
      metadata: { name: 'user-invitation' },
      spec: {
        subject: 'Welcome to {{.CompanyName}}, {{.UserName}}!',
        htmlBody: expect.stringContaining('<a href="{{.InviteLink}}">here</a>'),
        variables: [{}, {}, { name: 'InviteLink', required: true, type: 'url' }],
      },
      status: { published: 1 },
    });
  });
});

it('an e-mail whose name is the key of a message already is refused, and there is none', async () => {
  await apply([template, subscriber].join('---\n'));
  const message = await apply(email);
  expect(message.status).toBe(200);
  const [row] = await server.store.resources.of({ tenantId, kind: 'Email', names: [name] });
  await server.store.resources.forget({ tenantId, kind: 'Email', name });
  const again = await apply(email);
  expect({ status: again.status, detail: again.body.detail }).toEqual({
    status: 409,
    detail: `The idempotency key is that of message ${row?.ref} already`,
  });
  expect(await server.store.resources.of({ tenantId, kind: 'Email', names: [name] })).toEqual([]);
});

it('the same e-mail twice at once is one', async () => {
  await apply([template, subscriber].join('---\n'));
  const runs = await Promise.all([1, 2, 3].map(() => apply(email)));
  expect(runs.flatMap(actionsOf).toSorted()).toEqual(['create Email', 'unchanged Email', 'unchanged Email']);
  const { metadata } = await get(`emails/${name}`);
  expect((await server.claim()).map(({ message }) => message.id)).toEqual([(metadata as { uid: string }).uid]);
});

it('an e-mail with a variable twice is refused', async () => {
  await apply([template, subscriber].join('---\n'));
  const twice = await apply(email.replace('  variables:\n', '  variables:\n    - {name: UserName, value: X}\n'));
  expect(twice.body.errors).toEqual([{ path: 'documents.0.spec.variables', message: 'names one of them twice' }]);
});

it.each(['2025-99-99T99:99:99Z', '9999-01-01T00:00:00Z', 'noon'])(
  'an event that happened at %s, which it cannot have, happened when it came',
  async (time) => {
    await apply([template, subscriber, email].join('---\n'));
    const came = Date.now();
    const { status } = await apply(event.replace('2025-07-28T14:32:58.234Z', time));
    expect(status).toBe(200);
    const { status: told } = await get(`emails/${name}`);
    const [{ lastTransitionTime }] = (told as { conditions: [{ lastTransitionTime: string }] }).conditions;
    expect(Date.parse(lastTransitionTime)).toBeGreaterThanOrEqual(came);
    expect(Date.parse(lastTransitionTime)).toBeLessThanOrEqual(Date.now());
  },
);

it('an e-mail that was changed is refused, and nothing of the run is done', async () => {
  await apply([template, subscriber, email].join('---\n'));
  const changed = await apply(`${email.replace('John Doe', 'Jane')}---\n${subscriber.replace('John Doe', 'Jane')}`);
  expect({ status: changed.status, code: changed.body.code }).toEqual({ status: 409, code: 'conflict' });
  expect((await get('subscribers/332926980888461588')).spec).toMatchObject({ name: 'John Doe' });
  expect((await apply(email.replace('  cc: []\n', ''))).status).toBe(200);
  expect(actionsOf(await apply(email.replace('priority: "high"', 'priority: high')))).toEqual(['unchanged Email']);
});

it.each([
  ['no subscriber', [template, email], 'documents.1.spec.userRef.name'],
  ['no template', [subscriber, email], 'documents.1.spec.templateRef.name'],
  [
    'a variable too few',
    [template, subscriber, email.replace('- name: UserName', '- name: Other')],
    'documents.2.spec.variables.UserName',
  ],
  ['no e-mail', [event], 'documents.0.regarding.name'],
])('with %s nothing is done', async (_what, documents, path) => {
  const { status, body } = await apply(documents.join('---\n'));
  expect(status).toBeGreaterThanOrEqual(400);
  expect((body.errors as { path: string }[]).map((error) => error.path)).toContain(path);
  expect(await server.claim()).toEqual([]);
  expect((await get('subscribers')).items).toEqual([]);
});

it('a dry run sends nothing', async () => {
  const { body } = await apply([template, subscriber, email].join('---\n'), { query: '?dryRun=true' });
  expect(body.items).toMatchObject([{}, {}, { kind: 'Email', action: 'create' }]);
  expect(await server.claim()).toEqual([]);
  expect((await get('emailtemplates')).items).toEqual([]);
});

it('templates, layouts and triggers are made in one run, and changed by field', async () => {
  const all = `apiVersion: iep/v1
kind: Trigger
metadata: {name: invited, namespace: acme}
spec:
  on: user.invited
  when: {path: data.plan, op: eq, value: pro}
  template: welcome
  to: ["{{data.email}}"]
---
apiVersion: iep/v1
kind: Template
metadata: {name: welcome, namespace: acme}
spec:
  layout: branded
  subject: "Hello {{Name}}"
  html: '{{#content "main"}}<p>Hi {{Name}}</p>{{/content}}'
  variables: [{name: Name, required: true}]
---
apiVersion: iep/v1
kind: Layout
metadata: {name: branded, namespace: acme}
spec:
  html: '<html><body>{{#block "main"}}{{/block}}</body></html>'
`;
  const first = await apply(all);
  expect(first.status, first.text).toBe(200);
  expect(actionsOf(first)).toEqual(['create Layout', 'create Template', 'create Trigger']);
  expect(actionsOf(await apply(all)).every((line) => line.startsWith('unchanged'))).toBe(true);
  const changed = await apply(
    all.replace('Hello {{Name}}', 'Dear {{Name}}').replace('  when: {path: data.plan, op: eq, value: pro}\n', ''),
  );
  expect(changed.body.items).toMatchObject([
    { action: 'unchanged' },
    { action: 'update', changes: [{ path: 'subject', before: 'Hello {{Name}}', after: 'Dear {{Name}}' }] },
    { action: 'update', changes: [{ path: 'when' }] },
  ]);
  expect(await get('templates/welcome')).toMatchObject({ status: { latest: 2, published: 2 } });
  expect((await get('triggers/invited')).spec).not.toHaveProperty('when');
  expect(actionsOf(await apply(all, { query: '?delete=true' }))).toEqual([
    'delete Trigger',
    'delete Template',
    'delete Layout',
  ]);
});

it('a tenant’s key applies its own templates, and shares none', async () => {
  const own = await apply(template, { key: 'admin' });
  expect(own.body.items).toMatchObject([{ namespace: 'acme', action: 'create' }]);
  const shared = 'apiVersion: iep/v1\nkind: Template\nmetadata: {name: x}\nspec: {shared: true, subject: x, text: x}\n';
  expect((await apply(shared, { key: 'admin' })).status).toBe(403);
});
