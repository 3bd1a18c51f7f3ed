/** Manifests at the command line: a plan, all of it or nothing, and what is there given back. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AppliedJson, ResourceJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
let file: string;
beforeEach(async () => {
  home = await makeHome();
  file = join(home.folder, 'platform.yaml');
  writeFileSync(file, platform);
});
afterEach(() => home.remove());

const platform = `apiVersion: iep/v1
kind: Tenant
metadata: {name: acme}
spec: {settings: {anySender: true}}
---
apiVersion: iep/v1
kind: Provider
metadata: {name: relay, labels: {team: mail}}
spec: {settings: {type: smtp, host: smtp.example.com, username: u, password: keep-me-secret}}
---
apiVersion: iep/v1
kind: Route
metadata: {name: default, namespace: acme}
spec: {primary: relay}
`;

it('tells what would change, does it, and then there is nothing to do', async () => {
  const plan = await home.iep(['apply', '-f', file, '--dry-run']);
  expect(plan).toMatchObject({ exit: 2, err: '' });
  expect(plan.out).toBe(
    'tenant acme would be created\nprovider relay would be created\nroute acme/default would be created\n',
  );
  expect(await home.iep(['apply', '-f', file])).toMatchObject({
    exit: 0,
    out: expect.stringContaining('tenant acme created'),
  });
  expect(await home.iep(['apply', '-f', file, '--dry-run'])).toMatchObject({ exit: 0 });
  const applied = await home.json<AppliedJson>(['apply', '-f', file]);
  expect(applied.items.map(({ action }) => action)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  expect(await home.json(['tenant', 'show', 'acme'])).toMatchObject({
    settings: { anySender: true, primary: 'relay' },
  });
});

it('shows field by field what differs, without secrets', async () => {
  await home.iep(['apply', '-f', file]);
  const changed = platform.replace('smtp.example.com', 'smtp2.example.com').replace('keep-me-secret', 'other-secret');
  const { exit, out } = await home.iep(['diff', '-f', '-'], { input: changed });
  expect(exit).toBe(2);
  expect(out).toContain(
    '  settings.host: "smtp.example.com" → "smtp2.example.com"\n  settings.password: "set" → "set"\n',
  );
  expect(out).not.toContain('secret');
  expect((await home.iep(['diff', '-f', file])).exit).toBe(0);
});

it('gives back what can be applied again, in each form', async () => {
  await home.iep(['apply', '-f', file]);
  const yaml = await home.iep(['get', 'providers', '-o', 'yaml']);
  expect(yaml.out).toContain('password: set');
  expect((await home.iep(['apply', '-f', '-', '--dry-run'], { input: yaml.out })).out).toBe(
    'provider capture unchanged\nprovider relay unchanged\n',
  );
  const one = await home.json<ResourceJson>(['get', 'provider', 'relay']);
  expect(one).toMatchObject({ metadata: { labels: { team: 'mail' }, source: 'apply' } });
  expect((await home.iep(['get', 'tenants'])).out).toMatch(/NAMESPACE +NAME +SOURCE[\s\S]*acme +apply/);
  expect((await home.iep(['describe', 'route', 'default'])).out).toContain('primary: relay');
  expect(await home.iep(['get', 'routes', 'none'])).toMatchObject({ exit: 65 });
});

it('reads the manifests of a folder, and names the file of what is wrong', async () => {
  const folder = join(home.folder, 'manifests');
  mkdirSync(folder);
  writeFileSync(join(folder, '1-tenant.yaml'), 'apiVersion: iep/v1\nkind: Tenant\nmetadata: {name: acme}\n');
  const wrong = '{"apiVersion": "iep/v1", "kind": "Webhook", "metadata": {"name": "x"}, "spec": {"url": "ftp://x"}}';
  writeFileSync(join(folder, '2.json'), wrong);
  writeFileSync(join(folder, 'README.md'), 'no manifest');
  const refused = await home.iep(['apply', '-f', folder]);
  expect(refused).toMatchObject({ exit: 65, out: '' });
  expect(refused.err).toContain(`${join(folder, '2.json')} spec.url`);
  expect((await home.json<object[]>(['tenant', 'list'])).length).toBe(0);
  expect((await home.iep(['apply', '-f', '-'], { input: 'a: [' })).err).toContain(
    'standard input is not valid YAML at line',
  );
});

it('takes away what a label no longer has, and what is named', async () => {
  await home.iep(['apply', '-f', file]);
  const less = platform.split('---\n').slice(0, 1).join('');
  const used = await home.iep(['apply', '-f', '-', '--prune', '-l', 'team=mail'], { input: less });
  expect(used).toMatchObject({ exit: 65, err: expect.stringContaining('still used by the tenant acme') });
  expect((await home.iep(['delete', 'route', 'default'])).exit).toBe(0);
  const pruned = await home.iep(['apply', '-f', '-', '--prune', '-l', 'team=mail'], { input: less });
  expect(pruned.out).toBe('provider relay taken away\ntenant acme unchanged\n');
  expect(await home.iep(['apply', '-f', file, '--prune'])).toMatchObject({ exit: 64 });
});

it('asks before a tenant is taken away', async () => {
  await home.iep(['apply', '-f', file]);
  expect(await home.iep(['delete', '-f', file])).toMatchObject({ exit: 64 });
  const gone = await home.iep(['delete', '-f', file, '--yes']);
  expect(gone.out).toBe('route acme/default taken away\nprovider relay taken away\ntenant acme taken away\n');
  const again = await home.iep(['delete', '-f', '-', '--yes'], { input: platform.split('---\n')[1] ?? '' });
  expect(again).toMatchObject({ exit: 0, out: 'provider relay is not there\n' });
});

it('names the kinds, and has a schema of each', async () => {
  await home.iep(['tenant', 'add', 'acme']);
  expect((await home.iep(['schema'])).out).toContain('Webhook');
  expect(await home.json(['schema', 'webhook'])).toMatchObject({ title: 'Webhook' });
});
