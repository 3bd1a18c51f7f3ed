/** The contract of stored templates: versions, whose a name is, what uses what, and what messages are rendered from. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TemplateDefinition } from '../../core/template.ts';
import type { Store } from '../verbs/store.ts';
import type { NewVersion } from '../verbs/templates.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, NOW, newId, newMessage, openWithTenants, takeMessage } from './suite.testing.ts';

export function definition(name: string, more: Partial<TemplateDefinition> = {}): TemplateDefinition {
  return { name, kind: 'template', syntax: 'handlebars', subject: `of ${name}`, variables: [], locales: {}, ...more };
}

export function newVersion(
  name: string,
  more: Partial<TemplateDefinition> & Omit<Partial<NewVersion>, 'definition'> = {},
) {
  const { tenantId, uses = [], publish = true, now = NOW, ...said } = more;
  return { definition: definition(name, said), uses, publish, now, ...(tenantId !== undefined && { tenantId }) };
}

export function templateSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`templates: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      ({ harness, store, acme, globex } = await openWithTenants(createHarness));
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    type Said = Parameters<typeof newVersion>[1];
    const add = (name: string, more: Said = {}, max = 100) =>
      store.templates.add({ ...newVersion(name, { tenantId: acme.id, ...more }), max });
    const addShared = (name: string, more: Said = {}) => store.templates.add({ ...newVersion(name, more), max: 100 });
    const put = (name: string, more: Said = {}, keep = 100) =>
      store.templates.put({ ...newVersion(name, { tenantId: acme.id, ...more }), keep });
    const get = (name: string, version?: number, { id: tenantId } = acme) =>
      store.templates.get({ tenantId, name, ...(version !== undefined && { version }) });
    const remove = (name: string, force = false, owner: { tenantId?: string } = { tenantId: acme.id }) =>
      store.templates.remove({ ...owner, name, force });
    const namesOf = async (tenantId?: string, filter = {}) =>
      (await store.templates.list({ ...(tenantId !== undefined && { tenantId }), filter, limit: 100 })).items.map(
        ({ name, shared }) => (shared ? `${name}*` : name),
      );
    const accept = async (
      template: string,
      more: { tenant?: Tenant; scheduledAt?: number; snapshot?: number } = {},
    ) => {
      const { tenant = acme, snapshot, scheduledAt = NOW + DAY } = more;
      const use = { name: template, version: 1, locale: 'de', ...(snapshot !== undefined && { snapshot }) };
      const entry = newMessage(tenant.id, { scheduledAt, content: { kind: 'parts', template: use } });
      await store.outbox.accept({ tenantId: tenant.id, messages: [entry] });
      return entry.message.id;
    };

    it('knows what is made with a template, itself or by others, and whose it is', async () => {
      const usesOf = async (name: string, owner: { tenantId?: string } = { tenantId: acme.id }, limit = 100) => {
        const found = await store.templates.madeWith({ ...owner, name, limit });
        const ids = new Map([acme, globex].map(({ id, slug }) => [id, slug]));
        return found.map(({ tenantId, definition: { name }, shared }) =>
          [tenantId === undefined ? '' : ids.get(tenantId), shared ? `${name}*` : name].join('/'),
        );
      };
      await addShared('button', { kind: 'partial' });
      await addShared('frame', { kind: 'layout', uses: ['button'] });
      await addShared('notice', { uses: ['frame'] });
      await add('welcome', { uses: ['frame'] });
      await add('draft', { uses: ['frame'], publish: false });
      await add('welcome', { tenantId: globex.id, uses: ['frame'] });
      expect((await usesOf('button', {})).sort()).toEqual([
        '/frame*',
        '/notice*',
        `${acme.slug}/welcome`,
        `${globex.slug}/welcome`,
      ]);
      expect(await usesOf('button', {}, 2)).toHaveLength(2);
      expect((await usesOf('button')).sort()).toEqual(
        ['frame*', 'notice*', 'welcome'].map((name) => `${acme.slug}/${name}`),
      );
      const own = await add('frame', { kind: 'layout', text: 'own' });
      expect((await usesOf('button', {})).sort()).toEqual(['/frame*', '/notice*', `${globex.slug}/welcome`]);
      const [one] = await store.templates.madeWith({ tenantId: acme.id, name: 'frame', limit: 1 });
      expect(one?.library).toEqual([own.definition]);
      expect(await usesOf('nothing')).toEqual([]);
    });

    it('numbers versions from 1, and makes none of the same content again', async () => {
      expect(await add('welcome')).toMatchObject({ version: 1, published: 1, latest: 1, shared: false });
      await expect(add('welcome')).rejects.toMatchObject({ code: 'conflict' });
      expect(await put('welcome')).toMatchObject({ version: 1, isNew: false });
      expect(await put('welcome', { text: 'b' })).toMatchObject({ version: 2, published: 2, isNew: true });
      expect(await put('welcome', { text: 'c', publish: false })).toMatchObject({
        version: 3,
        published: 2,
        latest: 3,
      });
      expect(await get('welcome')).toMatchObject({ version: 2, definition: { text: 'b' } });
      expect(await get('welcome', 1)).toMatchObject({ version: 1, definition: definition('welcome') });
      expect(await get('welcome', 4)).toBeUndefined();
      expect(await put('welcome', { text: 'c' })).toMatchObject({ version: 3, published: 3, isNew: false });
      const versions = await store.templates.versions({ tenantId: acme.id, name: 'welcome' });
      expect(versions?.map(({ version, isPublished }) => [version, isPublished])).toEqual([
        [3, true],
        [2, false],
        [1, false],
      ]);
      await expect(put('other')).rejects.toMatchObject({ code: 'not_found' });
      await expect(add('one-too-many', {}, 1)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('publishes another version, newer or older, and shows the template as that one says', async () => {
      await add('welcome', { category: 'old', publish: false });
      expect(await get('welcome')).toMatchObject({ version: 1, category: 'old' });
      expect(await get('welcome')).not.toHaveProperty('published');
      await put('welcome', { category: 'new' });
      const publish = (version: number) =>
        store.templates.publish({ tenantId: acme.id, name: 'welcome', version, now: NOW + 1 });
      expect(await publish(1)).toMatchObject({ published: 1, latest: 2, category: 'old', updatedAt: NOW + 1 });
      expect(await namesOf(acme.id, { category: 'old' })).toEqual(['welcome']);
      await put('welcome', { category: 'draft', publish: false });
      expect(await namesOf(acme.id, { category: 'old' })).toEqual(['welcome']);
      await expect(publish(7)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('keeps the newest versions, and the published one', async () => {
      await add('welcome');
      for (const text of ['2', '3', '4', '5']) await put('welcome', { text, publish: false }, 2);
      const numbers = async () =>
        (await store.templates.versions({ tenantId: acme.id, name: 'welcome' }))?.map(({ version }) => version);
      expect(await numbers()).toEqual([5, 4, 1]);
      expect(await put('welcome', { text: '6' }, 2)).toMatchObject({ version: 6 });
      expect(await numbers()).toEqual([6, 5]);
    });

    it('gives a tenant its own, and the shared ones that none of these hides', async () => {
      await addShared('layout', { kind: 'layout' });
      await addShared('welcome', { text: 'shared' });
      await add('welcome', { text: 'own' });
      await store.templates.add({ ...newVersion('secret', { tenantId: globex.id }), max: 1 });
      expect(await namesOf(acme.id)).toEqual(['layout*', 'welcome']);
      expect(await namesOf(globex.id)).toEqual(['layout*', 'secret', 'welcome*']);
      expect(await namesOf()).toEqual(['layout*', 'welcome*']);
      expect(await namesOf(globex.id, { kind: 'layout' })).toEqual(['layout*']);
      expect(await namesOf(globex.id, { q: 'ec' })).toEqual(['secret']);
      expect(await get('welcome')).toMatchObject({ definition: { text: 'own' } });
      expect(await get('welcome', undefined, globex)).toMatchObject({ shared: true, definition: { text: 'shared' } });
      expect(await get('secret')).toBeUndefined();
      await expect(put('layout', { kind: 'layout' })).rejects.toMatchObject({ code: 'not_found' });
      await expect(remove('layout')).rejects.toMatchObject({ code: 'not_found' });
      await remove('welcome');
      expect(await get('welcome')).toMatchObject({ definition: { text: 'shared' } });
      const first = await store.templates.list({ tenantId: globex.id, filter: {}, limit: 2 });
      expect(first.items).toHaveLength(2);
      const rest = await store.templates.list({
        tenantId: globex.id,
        filter: {},
        limit: 2,
        cursor: first.cursor ?? '',
      });
      expect(rest).toMatchObject({ items: [{ name: 'welcome' }] });
    });

    it('resolves a template with its layouts and partials as they are published, the own ones first', async () => {
      await addShared('footer', { kind: 'partial', text: 'shared footer' });
      await addShared('layout', { kind: 'layout', uses: ['footer'] });
      await add('welcome', { uses: ['layout'] });
      await put('welcome', { uses: [], text: 'b', publish: false });
      const resolve = (version?: number) =>
        store.templates.resolve({ tenantId: acme.id, name: 'welcome', ...(version && { version }) });
      const libraryOf = async (version?: number) =>
        (await resolve(version))?.library.map(({ name, text }) => [name, text]);
      expect(await libraryOf()).toEqual([
        ['layout', undefined],
        ['footer', 'shared footer'],
      ]);
      await add('footer', { kind: 'partial', text: 'own footer' });
      expect(await libraryOf()).toEqual([
        ['layout', undefined],
        ['footer', 'own footer'],
      ]);
      expect(await libraryOf(2)).toEqual([]);
      expect(await resolve(3)).toBeUndefined();
      expect(await store.templates.resolve({ tenantId: globex.id, name: 'welcome' })).toBeUndefined();
      await add('draft', { publish: false });
      expect(await store.templates.resolve({ tenantId: acme.id, name: 'draft' })).toBeUndefined();
      const published = await store.templates.published({ tenantId: acme.id, names: ['footer', 'draft', 'none'] });
      expect(published.map(({ text }) => text)).toEqual(['own footer']);
      const all = await store.templates.published({ tenantId: acme.id, names: ['layout'] });
      expect(all.map(({ name }) => name)).toEqual(['layout', 'footer']);
    });

    it('counts up its revision with each change', async () => {
      const seen = new Set([await store.templates.revision()]);
      const changes = [
        () => add('welcome'),
        () => put('welcome', { text: 'b' }),
        () => store.templates.publish({ tenantId: acme.id, name: 'welcome', version: 1, now: NOW }),
        () => remove('welcome'),
      ];
      for (const [at, change] of changes.entries()) {
        await change();
        seen.add(await store.templates.revision());
        expect(seen.size).toBe(at + 2);
      }
    });

    it('refuses to make a version of what is not there, and to remove what others are made with', async () => {
      await expect(add('welcome', { uses: ['layout'] })).rejects.toMatchObject({ code: 'conflict' });
      expect(await namesOf(acme.id)).toEqual([]);
      await add('layout', { kind: 'layout' });
      await add('welcome', { uses: ['layout'] });
      await expect(remove('layout', true)).rejects.toMatchObject({ code: 'conflict', message: /welcome/ });
      await addShared('layout', { kind: 'layout' });
      await remove('layout');
      await expect(remove('layout', true, {})).rejects.toMatchObject({ code: 'conflict' });
      await add('layout', { kind: 'layout' });
      await remove('layout', false, {});
      await put('welcome', { uses: [], text: 'b' });
      await remove('layout');
      const back = { tenantId: acme.id, name: 'welcome', version: 1, now: NOW };
      await expect(store.templates.publish(back)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('refuses to remove what open messages use, unless told to', async () => {
      await addShared('welcome');
      await accept('welcome', { tenant: globex });
      await expect(remove('welcome', false, {})).rejects.toMatchObject({ code: 'conflict', message: /1 message/ });
      await add('welcome');
      await remove('welcome');
      await add('welcome');
      await accept('welcome');
      await expect(remove('welcome')).rejects.toMatchObject({ code: 'conflict' });
      await remove('welcome', true);
      await store.messages.cancel({
        tenantId: globex.id,
        messageId: await accept('other', { tenant: globex }),
        now: NOW,
      });
      await store.templates.add({ ...newVersion('other', { tenantId: globex.id }), max: 1 });
      await remove('other', false, { tenantId: globex.id });
    });

    it('keeps what messages are rendered from as long as one names it', async () => {
      const keep = (content: string, now = NOW, { id: tenantId } = acme) =>
        store.templates.keep({ tenantId, hash: content, content, now });
      const [used, unused] = [await keep('used'), await keep('unused')];
      expect(await keep('used')).toBe(used);
      const others = await keep('used', NOW, globex);
      const kept = (snapshot: number, { id: tenantId } = acme) => store.templates.kept({ tenantId, snapshot });
      expect([await kept(used), await kept(others), await kept(used, globex)]).toEqual(['used', undefined, undefined]);
      const id = await accept('welcome', { snapshot: used });
      const sweep = (before: number) => store.templates.sweep({ before, limit: 10 });
      expect(await sweep(NOW)).toBe(0);
      expect(await sweep(NOW + 1)).toBe(2);
      expect([await kept(used), await kept(unused)]).toEqual(['used', undefined]);
      await store.messages.cancel({ tenantId: acme.id, messageId: id, now: NOW });
      await store.messages.remove({ tenantId: acme.id, messageId: id });
      expect(await sweep(NOW + 1)).toBe(1);
      await keep('again');
      await keep('again', NOW + DAY);
      expect(await sweep(NOW + DAY)).toBe(0);
    });

    it('keeps with a message what it is rendered from, also of a tenant that the same transaction makes', async () => {
      const id = newId();
      const made = {
        verb: 'tenants.add',
        input: { id, slug: 'initech', name: 'Initech', settings: {}, now: NOW },
      } as const;
      const entries = ['s', 's', 'other'].map((content) => ({
        ...newMessage(id, { content: { kind: 'parts', template: { name: 'welcome', version: 1 } } }),
        snapshot: { hash: content, content },
      }));
      const mail = { verb: 'outbox.accept', input: { tenantId: id, messages: entries, all: true } } as const;
      await store.together([made, mail]);
      const kept = await Promise.all(
        entries.map(async ({ message }) => {
          const stored = await store.messages.content({ tenantId: id, messageId: message.id });
          const content = stored?.message.content;
          const snapshot = content?.kind === 'parts' ? content.template?.snapshot : undefined;
          return snapshot === undefined ? undefined : store.templates.kept({ tenantId: id, snapshot });
        }),
      );
      expect(kept).toEqual(['s', 's', 'other']);
    });

    it('finds messages by their template, and gives them with name and version', async () => {
      const snapshot = await store.templates.keep({ tenantId: acme.id, hash: 'h', content: 'c', now: NOW });
      const id = await accept('welcome', { snapshot });
      await accept('other');
      await accept('welcome', { tenant: globex });
      const find = async (tenantId?: string) =>
        (await store.messages.list({ ...(tenantId && { tenantId }), filter: { template: 'welcome' }, limit: 9 })).items;
      expect(await find(acme.id)).toMatchObject([{ id, template: 'welcome', templateVersion: 1 }]);
      expect(await find()).toHaveLength(2);
      const use = { name: 'welcome', version: 1, locale: 'de', snapshot };
      const stored = await store.messages.content({ tenantId: acme.id, messageId: id });
      expect(stored?.message.content).toMatchObject({ kind: 'parts', template: use });
      const given = await takeMessage(store, {
        ...{ tenantId: acme.id, to: ['a@x.example'] },
        more: { content: { kind: 'parts', template: use } },
      });
      expect(given.message.content).toMatchObject({ template: use });
      const owner = { owner: 'a', now: NOW + DAY, leaseMs: DAY, limit: 9, skipTenants: [globex.id] };
      const { jobs } = await store.outbox.claim(owner);
      expect(jobs.find(({ message }) => message.id === id)?.message.content).toMatchObject({ template: use });
    });
  });
}
