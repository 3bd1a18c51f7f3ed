import { expect, test } from 'vitest';
import { manualClock, tenantNamed } from './access.testing.ts';
import { createDirectory } from './directory.ts';

function setUp() {
  const clock = manualClock();
  let tenants = [tenantNamed('acme')];
  let reads = 0;
  const store = {
    tenants: {
      list: async () => {
        reads += 1;
        return tenants;
      },
    },
  };
  return {
    clock,
    directory: createDirectory({ store, clock }),
    reads: () => reads,
    change: (next: typeof tenants) => {
      tenants = next;
    },
  };
}

test('reads once for many questions', async () => {
  const { directory, reads } = setUp();
  const answers = await Promise.all([directory.byId('id-of-acme'), directory.bySlug('acme'), directory.all()]);
  expect(answers[0]?.slug).toBe('acme');
  expect(answers[1]?.id).toBe('id-of-acme');
  expect(answers[2]).toHaveLength(1);
  expect(reads()).toBe(1);
});

test('sees what another process changed after half a second, and not before', async () => {
  const { directory, clock, change } = setUp();
  await directory.bySlug('acme');
  change([tenantNamed('acme', { active: false })]);
  await clock.advance(499);
  expect((await directory.bySlug('acme'))?.active).toBe(true);
  await clock.advance(1);
  expect((await directory.bySlug('acme'))?.active).toBe(false);
});

test('is read again before it is too old, and nobody waits for that', async () => {
  const clock = manualClock();
  const answers: ((tenants: ReturnType<typeof tenantNamed>[]) => void)[] = [];
  const directory = createDirectory({
    store: { tenants: { list: () => new Promise((resolve) => answers.push(resolve)) } },
    clock,
  });
  const first = directory.all();
  answers[0]?.([tenantNamed('acme')]);
  await first;
  await clock.advance(249);
  await directory.senderOwners();
  expect(answers).toHaveLength(1);
  await clock.advance(1);
  for (let ask = 0; ask < 3; ask++) expect((await directory.byId('id-of-acme'))?.active).toBe(true);
  expect(answers).toHaveLength(2);
  answers[1]?.([tenantNamed('acme', { active: false })]);
  await clock.advance(0);
  expect((await directory.byId('id-of-acme'))?.active).toBe(false);
  await clock.advance(499);
  expect((await directory.byId('id-of-acme'))?.active).toBe(false);
});

test('a read ahead that fails is told to those who need it', async () => {
  const clock = manualClock();
  let list = async () => [tenantNamed('acme')];
  const directory = createDirectory({ store: { tenants: { list: () => list() } }, clock });
  await directory.all();
  list = () => Promise.reject(new Error('no disk'));
  await clock.advance(300);
  expect(await directory.all()).toHaveLength(1);
  await clock.advance(200);
  await expect(directory.all()).rejects.toThrow('no disk');
});

test('forget makes a change of this process hold at once', async () => {
  const { directory, change } = setUp();
  await directory.bySlug('acme');
  change([tenantNamed('acme', { active: false })]);
  directory.forget();
  expect((await directory.bySlug('acme'))?.active).toBe(false);
});

test('a tenant added a moment ago is found; asking for strangers is bounded', async () => {
  const { directory, clock, change, reads } = setUp();
  await directory.bySlug('acme');
  await clock.advance(60);
  change([tenantNamed('acme'), tenantNamed('new')]);
  expect((await directory.bySlug('new'))?.slug).toBe('new');
  const before = reads();
  for (let ask = 0; ask < 100; ask++) expect(await directory.bySlug('nobody')).toBeUndefined();
  expect(reads()).toBe(before);
});

test('a read that forget overtook is not remembered', async () => {
  const clock = manualClock();
  const answers: ((tenants: ReturnType<typeof tenantNamed>[]) => void)[] = [];
  const directory = createDirectory({
    store: { tenants: { list: () => new Promise((resolve) => answers.push(resolve)) } },
    clock,
  });
  const early = directory.all();
  directory.forget();
  const late = directory.all();
  answers[1]?.([tenantNamed('new')]);
  await late;
  answers[0]?.([tenantNamed('old')]);
  expect((await early)[0]?.slug).toBe('old');
  expect((await directory.all())[0]?.slug).toBe('new');
});

test('a store that fails is asked again the next time', async () => {
  let fail = true;
  const store = {
    tenants: { list: async () => (fail ? Promise.reject(new Error('busy')) : [tenantNamed('acme')]) },
  };
  const directory = createDirectory({ store, clock: manualClock() });
  await expect(directory.all()).rejects.toThrow('busy');
  fail = false;
  expect(await directory.all()).toHaveLength(1);
});
