/** Manifests in YAML: several documents, what is wrong with one by line and column, and bounds for hostile ones. */

import { describe, expect, it } from 'vitest';
import { growthOf, LINEAR } from '../../test/work.ts';
import { MAX_MANIFEST_VALUES, ManifestFault, parseManifests, yamlText } from './manifest-yaml.ts';

it('reads every document, and leaves out empty ones', () => {
  expect(parseManifests('---\na: 1\n---\n---\nb: "2"\n...\n---\n# nothing\n')).toEqual([{ a: 1 }, { b: '2' }]);
  expect(parseManifests('')).toEqual([]);
  expect(parseManifests('{"a": [1, true, null]}')).toEqual([{ a: [1, true, null] }]);
});

it('takes an ellipsis for fields that were left out, and leaves texts with one alone', () => {
  const text = 'metadata:\n  name: x\n  ...\nbody: |\n  one\n  ...\n  two\n';
  expect(parseManifests(text)).toEqual([{ metadata: { name: 'x' }, body: 'one\n...\ntwo\n' }]);
});

it('gives back what it wrote', () => {
  const value = { a: 'one\ntwo\n', b: ['x', 1, null], c: { 'a: b': '- no' } };
  expect(parseManifests(yamlText(value))).toEqual([value]);
});

it('says where it is wrong', () => {
  expect(() => parseManifests('a: 1\n---\nb: [1,\n')).toThrow(/^is not valid YAML at line 4, column 1/);
  expect(() => parseManifests('a: 1\na: 2\n')).toThrow('is not valid YAML at line 2, column 1');
  expect(() => parseManifests('a: *b\n')).toThrow('aliases');
});

describe('hostile texts', () => {
  it('with aliases that multiply are refused', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]`).join('\n');
    expect(() => parseManifests(`l0: &l0 [x]\n${levels}\n`)).toThrow('aliases');
  });

  it('with aliases of a large value are counted as what they stand for', () => {
    const text = `a: &a [${'x,'.repeat(1_000)}]\nb: [${'*a,'.repeat(90)}]\n`;
    expect(() => parseManifests(text)).toThrow(`holds more than ${MAX_MANIFEST_VALUES} values`);
  });

  it('that nest are refused', () => {
    expect(() => parseManifests(`${'['.repeat(100)}${']'.repeat(100)}`)).toThrow('nests deeper');
    expect(() => parseManifests('- '.repeat(60_000))).toThrow('nests deeper');
  });

  const refusal = (text: string) => {
    try {
      return parseManifests(text).length;
    } catch (error) {
      if (error instanceof ManifestFault) return error.message;
      throw error;
    }
  };
  const lines = (make: (at: number) => string) => (size: number) =>
    Array.from({ length: size / 12 }, (_, at) => make(at)).join('\n');

  it.each([
    ['many keys', lines((at) => `a${at}: 1`)],
    ['many aliases', (size: number) => `a: &a x\n${lines((at) => `b${at}: *a`)(size)}`],
    ['many keys without a name', (size: number) => '?\n'.repeat(size / 2)],
  ])('with %s cost no more than their length', async (_what, make) => {
    const { ratio } = await growthOf(make, refusal, 32_768);
    expect(ratio).toBeLessThanOrEqual(LINEAR);
  });

  it('with a key twice, in whatever way it is written, are refused', () => {
    expect(() => parseManifests('a: {1: x, "1": y}\n')).toThrow('line 1, column 11: the key is there twice');
    expect(parseManifests('- {a: 1}\n- {a: 2}\n')).toHaveLength(1);
  });

  it('with names of prototypes are data', () => {
    const [value] = parseManifests('__proto__: {polluted: 1}\nconstructor: 2\n') as [object];
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in value).toBe(false);
  });
});
