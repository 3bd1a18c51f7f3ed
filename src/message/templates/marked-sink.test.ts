import { describe, expect, it } from 'vitest';
import { writeMarked } from '../../core/marked-text.ts';
import type { Json } from '../../core/message.ts';
import { createTestEngine } from './templates.testing.ts';

const { render } = createTestEngine();

/** The text, each value in brackets. */
async function text(source: string, variables: Readonly<Record<string, Json>>, syntax?: 'go'): Promise<string> {
  const given = { text: source, html: '<p>Hello</p>', ...(syntax && { syntax }) };
  const rendered = await render(given, { variables, isMarked: true });
  if (typeof rendered === 'string') throw new Error(rendered);
  expect(rendered.html).toBeUndefined();
  return writeMarked(rendered.text ?? '', (value) => `⟨${value}⟩`);
}

const hostile = `"},{"type":"header"} \\ \n\t\0 </script> \u2028 {{x}} \ufdd1`;

describe('a text that is no mail', () => {
  it('has its values marked', async () => {
    expect(await text('*{{x}}* is {{{x}}}, _{{y}}_', { x: 'a*b', y: [1, 2] })).toBe('*⟨a*b⟩* is ⟨a*b⟩, _⟨1,2⟩_');
  });

  it.each([
    ['a string', '{"a": "x {{x}} y"}', { a: `x ⟨${hostile.slice(0, -1)}⟩ y` }],
    ['a string after an escaped quote', String.raw`{"a": "\"{{x}}\\"}`, { a: `"⟨${hostile.slice(0, -1)}⟩\\` }],
    ['a string within a list', '[{"a": ["{{{x}}}"]}]', [{ a: [`⟨${hostile.slice(0, -1)}⟩`] }]],
    ['the name of a member', '{"{{x}}": 1}', { [`⟨${hostile.slice(0, -1)}⟩`]: 1 }],
    ['no string', '{"a": {{x}} }', { a: `⟨${hostile.slice(0, -1)}⟩` }],
  ])('is JSON that no value leaves: %s', async (_place, source, expected) => {
    const made = JSON.parse(await text(source, { x: hostile }).then((all) => all.replaceAll('\0', '')));
    expect(made).toEqual(expected);
  });

  it('takes what is no text as JSON outside of strings', async () => {
    const source = '{"a": {{list}}, "b": {{number}}, "c": {{nothing}}, "d": "{{number}}"}';
    const made = JSON.parse(await text(source, { list: ['x', { y: 'z' }], number: 1.5 }));
    expect(made).toEqual({ a: ['⟨x⟩', { y: '⟨z⟩' }], b: 1.5, c: null, d: '⟨1.5⟩' });
  });

  it('is made over blocks and in Go the same way', async () => {
    const source = '{"a": [{{#each list}}{{#unless @first}},{{/unless}}"{{this}}"{{/each}}]}';
    expect(JSON.parse(await text(source, { list: ['1"', '2'] }))).toEqual({ a: ['⟨1"⟩', '⟨2⟩'] });
    expect(JSON.parse(await text('{"a": "{{.x}}"}', { x: '"' }, 'go'))).toEqual({ a: '⟨"⟩' });
  });

  it('is no JSON where what stands before a value would take its beginning', async () => {
    const made = await text(String.raw`{"a": "\u{{x}}"}`, { x: '0022, "b": "' });
    expect(() => JSON.parse(made)).toThrow();
  });

  it.each(['[{{x}}] failed', '[FAILED] {{x}}', '{{x}}', ' {{y}}{"a": 1}'])('is no JSON: %s', async (source) => {
    expect(await text(source, { x: '{"a": "', y: '{' })).toContain('⟨{');
  });
});
