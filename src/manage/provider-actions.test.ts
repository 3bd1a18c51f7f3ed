/** What is done to providers reaches the desk as it was asked for, and the audit log has it, refused or done. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { IepError } from '../core/errors.ts';
import { openManage, operator, type TestManage } from './manage.testing.ts';

const relay = { name: 'relay', source: 'store', settings: { type: 'null' }, tells: false } as const;

let test: TestManage;
let asked: unknown[];
beforeEach(async () => {
  asked = [];
  const hearing =
    <T>(answer: T) =>
    async (input: unknown) => {
      asked.push(input);
      return answer;
    };
  const inUse = () => Promise.reject(new IepError('conflict', 'It is in use'));
  const tested = { ok: true, detail: 'fine' };
  test = await openManage({
    providers: {
      ...{ add: hearing(relay), set: hearing(relay), remove: inUse, test: hearing(tested) },
      list: async () => [],
      usableBy: () => [],
      listenerOf: () => undefined,
    },
  });
});
afterEach(() => test.close());

it('is the desk’s doing, with an entry for each', async () => {
  const { providers } = test.manage;
  const settings = { type: 'null', password: 'planted' };
  expect(await providers.add(operator(), { name: 'relay', settings })).toBe(relay);
  expect(await providers.set(operator(), { name: 'relay', settings: { host: null } })).toBe(relay);
  expect(await providers.test(operator(), { name: 'relay' })).toEqual({ ok: true, detail: 'fine' });
  const removing = providers.remove(operator(), { name: 'relay', force: false });
  await expect(removing).rejects.toMatchObject({ code: 'conflict' });
  expect(asked).toEqual([{ name: 'relay', settings }, { name: 'relay', settings: { host: null } }, { name: 'relay' }]);
  expect(await test.entries()).toEqual([
    'provider.add done - relay',
    'provider.set done - relay',
    'provider.test done - relay',
    'provider.remove conflict - relay',
  ]);
});
