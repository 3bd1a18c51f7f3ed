/** Triggers and events at the command line, over the local store. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventTakenJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on', '--default-from', 'noreply@acme.example']);
  const store = await home.store();
  const [acme] = await store.tenants.list();
  await store.templates.add({
    ...{ tenantId: acme?.id ?? '', uses: [], publish: true, now: 1, max: 9 },
    definition: {
      ...{ name: 'invitation', kind: 'template', syntax: 'handlebars', subject: 'Hello {{Name}}', text: 'Hi' },
      ...{ variables: [{ name: 'Name', type: 'string', required: true }], locales: {} },
    },
  });
  await store.close();
});
afterEach(() => home.remove());

const add = ['trigger', 'add', 'invited', '--on', 'user.*', '--template', 'invitation', '--to', '{{data.email}}'];
const data = '{"email": "jo@example.org", "name": "Jo"}';

it('adds, lists, shows, changes and removes', async () => {
  const when = '{"path": "data.plan", "op": "exists"}';
  expect(await home.iep([...add, '--var', 'Name={{data.name}}', '--when', when])).toMatchObject({
    exit: 0,
    out: 'trigger invited added\n',
    err: '',
  });
  expect((await home.iep(['trigger', 'list'])).out).toMatch(
    /acme +invited +user\.\* +invitation +\{\{data\.email\}\} +yes/,
  );
  const shown = (await home.iep(['trigger', 'show', 'invited'])).out;
  expect(shown).toContain('when:      {"path":"data.plan","op":"exists","value":true}');
  const set = [
    'trigger',
    'set',
    'invited',
    '--inactive',
    '--when',
    '-',
    '--subscriber',
    '{{data.id}}',
    '--priority',
    'high',
  ];
  expect(await home.json(set)).toMatchObject({
    active: false,
    when: null,
    to: null,
    subscribers: ['{{data.id}}'],
    priority: 'high',
  });
  expect((await home.iep(['trigger', 'remove', 'invited'])).out).toBe('trigger invited removed\n');
  expect((await home.iep(['trigger', 'list'])).out).toContain('No triggers');
});

it('tells what would happen, and then makes it happen, once', async () => {
  await home.iep([...add, '--var', 'Name={{data.name}}']);
  const test = await home.iep(['trigger', 'test', 'invited', '--type', 'user.invited', '--data', data]);
  expect(test.out).toBe('It would send invitation to jo@example.org with {"Name":"Jo"}\n');
  const other = await home.iep(['trigger', 'test', 'invited', '--type', 'other', '--data', '-'], { input: data });
  expect(other.out).toBe('It would send nothing: the type other is not user.*\n');
  const send = ['event', 'send', '--type', 'user.invited', '--id', 'invite-17', '--data', data];
  const first = await home.json<EventTakenJson>(send);
  expect(first).toMatchObject({ duplicate: false, triggered: [{ trigger: 'invited' }] });
  const again = await home.iep(send);
  expect(again.out).toBe(`event invite-17 came before\n  invited sent ${first.triggered[0]?.messageId}\n`);
  expect((await home.iep(['event', 'send', '--type', 'user.x', '--data', '{}'])).out).toContain(
    'invited sent nothing: {{data.email}}',
  );
  expect((await home.iep(['event', 'send', '--type', 'none'])).out).toContain('no trigger fits');
  expect(await home.iep(['event', 'send', '--type', 'x', '--data', '{'])).toMatchObject({ exit: 64 });
});

it('says that a template is not there yet, and wants a value to each variable', async () => {
  const misspelt = add.map((one) => (one === 'invitation' ? 'invitatoin' : one));
  expect(await home.iep(misspelt)).toMatchObject({
    exit: 0,
    out: 'trigger invited added\n',
    err: 'No template is called invitatoin yet; until there is one, nothing is sent.\n',
  });
  expect(await home.iep(['trigger', 'set', 'invited', '--template', 'invitation'])).toMatchObject({ exit: 0, err: '' });
  expect(await home.iep(['trigger', 'set', 'invited', '--template', 'nothing'])).toMatchObject({
    err: expect.stringContaining('No template is called nothing yet'),
  });
  expect(await home.iep([...add, '--var', 'Name'])).toMatchObject({
    exit: 64,
    err: expect.stringContaining('It takes name=value.'),
  });
});
