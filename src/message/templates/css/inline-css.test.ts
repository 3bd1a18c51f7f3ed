import { describe, expect, it } from 'vitest';
import { createTestEngine } from '../templates.testing.ts';

const { html } = createTestEngine();

describe('the CSS of a template', () => {
  it.each([
    ['<style>p { color: red }</style><p>a</p>', '<p style="color: red">a</p>'],
    ['<style>p { color: red; color: blue }</style><p style="margin:0">a</p>', '<p style="color: blue; margin:0">a</p>'],
    [
      '<style>.a { color: red } p { color: blue; margin: 0 }</style><p class="b a">x</p>',
      '<p style="margin: 0; color: red" class="b a">x</p>',
    ],
    [
      '<style>p { color: red !important } .a { color: blue }</style><p class=a>',
      '<p style="color: red !important" class=a>',
    ],
    [
      '<style>div > p, ul li a { color: red }</style><p><div><p><ul><li><b><a>',
      '<p><div><p style="color: red"><ul><li><b><a style="color: red">',
    ],
    [
      '<style>h1 + p { margin: 0 } h1 ~ p { top: 0 }</style><h1>x</h1><p>a</p><p>b</p>',
      '<h1>x</h1><p style="margin: 0; top: 0">a</p><p style="top: 0">b</p>',
    ],
    [
      '<style>#x, [lang|=de], a[href^="http"] { color: red }</style><b id=x></b><i lang="de-AT"></i><a href="https://x">',
      '<b style="color: red" id=x></b><i style="color: red" lang="de-AT"></i><a style="color: red" href="https://x">',
    ],
    [
      `<style>p { font-family: "Segoe UI", 'A'; background: url("a?b&c") }</style><p>`,
      `<p style="font-family: &quot;Segoe UI&quot;, 'A'; background: url('a?b&amp;c')">`,
    ],
    [
      '<style>* { margin: 0 } td { padding: 0 }</style><table><tr><td>a<td>b</table>',
      '<table style="margin: 0"><tr style="margin: 0"><td style="margin: 0; padding: 0">a<td style="margin: 0; padding: 0">b</table>',
    ],
  ])('%s', async (source, expected) => {
    expect(await html(source)).toBe(expected);
  });

  it('keeps what is no attribute of an element', async () => {
    const kept =
      '@media (max-width: 400px) { p { color: blue } }\na:hover { color: red }\n@font-face { font-family: x }';
    const source = `<style>a, a:hover { color: red }\n${kept.replace('a:hover { color: red }\n', '')} p { top: 0 }</style><a>x</a>`;
    expect(await html(source)).toBe(
      `<style>a:hover { color: red }\n${kept.replace('a:hover { color: red }\n', '')}</style><a style="color: red">x</a>`,
    );
    const embedded = '<style data-embed>p { color: red }</style><p>x</p>';
    expect(await html(embedded)).toBe(embedded);
    const conditional = '<!--[if mso]><style>p { color: red }</style><p>y</p><![endif]--><p>x</p>';
    expect(await html(conditional)).toBe(conditional);
  });

  it.each([
    ['media="screen and (max-width: 600px)"', false],
    ['media="print"', false],
    ['media="{{m}}"', false],
    ['{{#if m}}media="all"{{/if}}', false],
    ['type="text/x-odd"', false],
    ['media="all" type="text/css"', true],
    ["media=' Screen ' type", true],
  ])('of a <style %s> is put into elements: %s', async (attributes, isInlined) => {
    const source = `<style ${attributes}>p { top: 0 }</style><p>a</p>`;
    const kept = `<style ${attributes.replace('{{m}}', 'all').replace(/{{.*?}}/g, '')}>p { top: 0 }</style><p>a</p>`;
    expect(await html(source, { m: 'all' })).toBe(isInlined ? '<p style="top: 0">a</p>' : kept);
  });

  it('goes through values and blocks', async () => {
    const source =
      '<style>a { color: {{c}}; top: 0 } .b { left: 0 } td { right: 0 }</style>{{#if x}}<a href="{{u}}" class="b {{k}}">{{else}}<a>{{/if}}{{#each l}}<td {{#if this}}class="b"{{/if}}>{{this}}</td>{{/each}}';
    const rest = '<style>.b { left: 0 }\ntd { right: 0 }</style>';
    expect(await html(source, { c: 'red', x: true, u: 'https://x', k: 'q', l: [0, 1] })).toBe(
      `${rest}<a style="color: red; top: 0; left: 0" href="https://x" class="b q"><td >0</td><td class="b">1</td>`,
    );
    expect(await html(source, { c: '";x', x: false, l: [] })).toBe(`${rest}<a style="color: ; top: 0">`);
  });

  it.each([
    ['class="{{#if x}}a{{/if}}"', '.a'],
    ['class="c {{#if x}}a {{else}}b {{/if}}"', '.a, .b'],
    ['class="c {{#if x}}a{{else}}b{{/if}}"', '.a, .b, .is-a'],
    ['{{#if x}}class="a"{{/if}}', '.a'],
    ['{{#if x}}class="a"{{else}}class="b"{{/if}}', '.a, .b'],
    ['class="{{k}}"', '.a, .b, .is-a'],
    ['class="is-{{k}}"', '.is-a'],
    ['class={{k}}', '.a, .b, .is-a'],
    ['class=is-{{k}}', '.is-a'],
    ['style={{k}} class=a', '.a'],
    ['id="{{k}}"', '#i'],
    ['class="b {{#if x}}is-{{/if}}a"', '.a, .b, .is-a'],
    ['title="{{k}}"', '[title], [title="t"]'],
    ['{{#if x}}title="t"{{/if}}', '[title], [title="t"]'],
  ])('keeps the rules of which <p %s> decides in each mail: %s', async (attributes, kept) => {
    const source = `<style>.a, .b, .is-a, #i, [title], [title="t"] { top: 0 } i { top: 1px }</style><i>1</i><p ${attributes}>2</p>`;
    const made = await html(source, { x: true, k: 'a' });
    expect(made).toContain(`<style>${kept} { top: 0 }</style><i style="top: 1px">1</i><p `);
    expect(made).not.toContain('style="top: 0"');
  });

  it('keeps all rules of such an element, so that none in its attribute holds over one that stays', async () => {
    const source =
      '<style>p { top: 0 } p.a { top: 1px } b { top: 2px } .a b { top: 3px }</style><p class="{{#if x}}a{{/if}}"><b>1</b></p><p>2</p>';
    expect(await html(source, { x: true })).toBe(
      '<style>p { top: 0 }\np.a { top: 1px }\nb { top: 2px }\n.a b { top: 3px }</style><p class="a"><b>1</b></p><p style="top: 0">2</p>',
    );
  });

  it('comes before what a branch says in the attribute, and stays where the attribute may be absent', async () => {
    const style = '<style>p { top: 0 }</style>';
    const inside = `${style}<p style="{{#if x}}left: 0{{/if}}">a</p>`;
    expect(await html(inside, { x: true })).toBe('<p style="top: 0; left: 0">a</p>');
    const outside = `${style}<p {{#if x}}style="left: 0"{{/if}}>a</p>`;
    expect(await html(outside, { x: true })).toBe(`${style}<p style="left: 0">a</p>`);
    expect(await html(outside, { x: false })).toBe(`${style}<p >a</p>`);
    expect(await html(`${style}<p style=left:0>a</p>`)).toBe(`${style}<p style=left:0>a</p>`);
  });

  it('is for an attribute that is there, whatever its value', async () => {
    const source = '<style>a[href] { top: 0 }</style><a href="{{u}}">a</a>';
    expect(await html(source, { u: 'https://x' })).toBe('<a style="top: 0" href="https://x">a</a>');
  });

  it('is left alone where blocks decide what it is', async () => {
    const source = '<style>{{#if x}}p { color: red }{{/if}}</style><p>a</p>';
    expect(await html(source, { x: true })).toBe('<style>p { color: red }</style><p>a</p>');
  });

  it('takes time in proportion to what it is', async () => {
    const deep = `${'<div class="a">'.repeat(3000)}x`;
    expect(await html(`<style>${'.a '.repeat(20)} b { top: 0 } .a .b .a .c .a { top: 0 }</style>${deep}`)).toMatch(
      /steps|<div/,
    );
    expect(await html(`<style>${'p{'.repeat(100_000)}</style><p>`)).toBeDefined();
    expect(await html(`<style>${'{ {a} }'.repeat(1_000)}</style><p>`)).toMatch(/more than 500 mistakes/);
    expect(await html(`<style>${'{ {a} }'.repeat(100)} p { top: 0 }</style><p>`)).toContain('top: 0');
  });
});
