/** The form of the preference centre, as somebody sends it who has the link and means no good. */

import { expect, it } from 'vitest';
import { growthOf, LINEAR } from '../../test/work.ts';
import { readForm } from './form-body.ts';
import { preferencesIn } from './preference-form.ts';

it('costs no more than linear work, of many categories and many fields that nothing asks for', async () => {
  const make = (size: number) => {
    const names = Array.from({ length: size / 64 }, (_, at) => `c${at}`);
    const text = `${names.map((name) => `category=${name}&`).join('')}${'a&'.repeat(size / 2)}`;
    return { names, bytes: Buffer.from(text) };
  };
  const read = async ({ names, bytes }: ReturnType<typeof make>) => {
    const form = await readForm({ bytes, json: () => Promise.reject(new Error('is not asked for')) }, undefined);
    const categories = names.map((name) => ({ name, types: [name] }));
    preferencesIn({ choices: { channels: ['email'], categories }, before: {}, unsubscribed: [] }, form);
  };
  const { ratio } = await growthOf(make, read, 32 * 1024);
  expect(ratio).toBeLessThanOrEqual(LINEAR);
});
