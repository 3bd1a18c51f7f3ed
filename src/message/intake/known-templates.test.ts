/** Messages made with stored templates, over the real store. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { openTestStore, type TestStore } from '../../../test/store.ts';
import type { TemplateUse } from '../../core/message.ts';
import type { TemplateDefinition, TemplateSnapshot } from '../../core/template.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { createKnownTemplates, type KnownTemplates } from './known-templates.ts';
import { NOW, sampleSubmission, sampleTenant } from './sample.testing.ts';

let opened: TestStore;
let tenant: Tenant;
let templates: KnownTemplates;
let clock: ReturnType<typeof createManualClock>;
beforeEach(async () => {
  opened = await openTestStore();
  clock = createManualClock(NOW);
  const { id, slug, name } = sampleTenant();
  tenant = await opened.store.tenants.add({ id, slug, name, settings: { locale: 'de' }, now: NOW });
  templates = createKnownTemplates({ store: opened.store, clock });
});
afterEach(() => opened.close());

const welcome: TemplateDefinition = {
  ...{ name: 'welcome', kind: 'template', syntax: 'handlebars', subject: 'Hello {{Name}}', html: '<p>{{Name}}</p>' },
  variables: [
    { name: 'Name', type: 'string', required: true },
    { name: 'Count', type: 'number', required: false, default: 1 },
  ],
  locales: { de: { subject: 'Hallo {{Name}}' } },
};
const add = (definition: TemplateDefinition, uses: readonly string[] = []) =>
  opened.store.templates.add({ tenantId: tenant.id, definition, uses, publish: true, now: NOW, max: 9 });
const change = (more: Partial<TemplateDefinition>) =>
  opened.store.templates.put({
    ...{ tenantId: tenant.id, definition: { ...welcome, ...more }, uses: [], publish: true, now: NOW, keep: 9 },
  });
const use = (template: TemplateUse, variables = {}, whose = tenant) =>
  templates.use(whose, { ...sampleSubmission({ subject: '' }), content: { kind: 'parts', template, variables } });
const made = async (
  template: TemplateUse = { name: 'welcome' },
  variables: object = { Name: 'Jo' },
  whose = tenant,
) => {
  const { subject, content } = (await use(template, variables, whose)).submission;
  if (content.kind !== 'parts') throw new Error('It is not of parts');
  return { subject, ...content };
};
const kept = async (snapshot: number | undefined) =>
  JSON.parse(
    (await opened.store.templates.kept({ tenantId: tenant.id, snapshot: snapshot ?? 0 })) ?? '{}',
  ) as TemplateSnapshot;

describe('a message made with a template', () => {
  it('has version, language and all values, and what it is rendered from', async () => {
    await add({ ...welcome, name: 'layout', kind: 'layout' });
    await add(welcome, ['layout']);
    const branded = { ...tenant, settings: { ...tenant.settings, branding: { company: 'Acme' } } };
    const { subject, template, variables } = await made(
      { name: 'welcome' },
      { Name: 'Jo', Count: '7', More: [1] },
      branded,
    );
    expect(subject).toBe('Hallo {{Name}}');
    expect(template).toEqual({ name: 'welcome', version: 1, locale: 'de', snapshot: expect.any(Number) });
    expect(variables).toEqual({ Name: 'Jo', Count: 7, More: [1] });
    const snapshot = await kept(template?.snapshot);
    expect(snapshot).toMatchObject({ definition: welcome, library: [{ name: 'layout' }], brand: { company: 'Acme' } });
    expect((await made({ name: 'welcome', locale: 'en' })).subject).toBe('Hello {{Name}}');
  });

  it('keeps the version it was made with, whatever comes after', async () => {
    await add(welcome);
    const before = await made();
    await change({ subject: 'Changed' });
    templates.forget();
    const after = await made();
    expect([before.template?.version, after.template?.version]).toEqual([1, 2]);
    expect((await kept(before.template?.snapshot)).definition.subject).toBe('Hello {{Name}}');
    expect((await made({ name: 'welcome', version: 1 })).template?.snapshot).toBe(before.template?.snapshot);
    expect((await made({ name: 'welcome', isTest: true })).subject).toBe('[test] Hallo {{Name}}');
  });

  it('is of what another process changed within half a second', async () => {
    await add(welcome);
    await made();
    await change({ text: 'Changed' });
    expect((await made()).template?.version).toBe(1);
    await clock.advance(500);
    expect((await made()).template?.version).toBe(2);
  });

  it('finds a template as soon as it is there', async () => {
    await expect(made()).rejects.toMatchObject({ code: 'invalid_request', errors: [{ path: 'template' }] });
    await add(welcome);
    expect((await made()).template?.version).toBe(1);
  });

  it('holds what it is rendered from as used, as long as messages are made of it', async () => {
    await add(welcome);
    const first = await made();
    await clock.advance(23 * 3_600_000);
    const later = await made();
    expect(later.template?.snapshot).toBe(first.template?.snapshot);
    expect(await opened.store.templates.sweep({ before: NOW + 3_600_000, limit: 9 })).toBe(0);
  });
});

describe('a refusal', () => {
  it('names every variable that is missing or wrong', async () => {
    await add(welcome);
    await expect(made({ name: 'welcome' }, { Count: 'many' })).rejects.toMatchObject({
      code: 'template_variables',
      errors: [{ path: 'variables.Name' }, { path: 'variables.Count' }],
    });
  });

  it('names what is no template, and no version of one', async () => {
    await add({ ...welcome, name: 'layout', kind: 'layout' });
    await add(welcome);
    for (const [use, path] of [
      [{ name: 'other' }, 'template'],
      [{ name: 'layout' }, 'template'],
      [{ name: 'welcome', version: 7 }, 'templateVersion'],
    ] as const) {
      await expect(made(use)).rejects.toMatchObject({ code: 'invalid_request', errors: [{ path }] });
    }
  });
});
