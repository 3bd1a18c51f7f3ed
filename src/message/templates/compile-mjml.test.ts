import { expect, it } from 'vitest';
import { createTemplateJobs } from '../render/template-job.ts';
import { compileMjml } from './compile-mjml.ts';
import { templateOf } from './templates.testing.ts';

const { run } = createTemplateJobs(compileMjml);
const column = (inside: string) =>
  `<mjml><mj-body><mj-section><mj-column>${inside}</mj-column></mj-section></mj-body></mjml>`;

it.each([
  ['', 'it must be one <mjml> with an <mj-body>'],
  ['hello', 'it must be one <mjml> with an <mj-body>'],
  ['<p>{{x}}</p>', 'it must be one <mjml> with an <mj-body>'],
  ['<mjml></mjml>', 'it must be one <mjml> with an <mj-body>'],
  [
    column('<mj-image src="https://x.test/a" width="{{x}}" />').replace('<mj-column>', '<mj-column width="{{x}}">'),
    'an attribute has a value that it does not take',
  ],
  [
    `<mjml><mj-head><mj-html-attributes><mj-selector path="](a"><mj-html-attribute name="b">c</mj-html-attribute>
    </mj-selector></mj-html-attributes></mj-head><mj-body></mj-body></mjml>`,
    'Empty sub-selector',
  ],
])('%s is a template that is at fault', async (html, reason) => {
  const checked = await run({ task: 'check', definition: templateOf({ mjml: true, html }), library: [] });
  expect(checked).toMatchObject({ ok: true, faults: [{ message: expect.stringContaining(`MJML: ${reason}`) }] });
});

it.each([
  [column('\n<mj-text>a'), 2, '<mj-text> is not closed'],
  [column('\n<mj-text>a</mj-text>\n<mj-group>'), 3, '<mj-group> is not closed'],
  [
    column('\n{{#if a}}\n<mj-tetx>a</mj-tetx>\n{{/if}}\n'),
    3,
    "MJML: Element mj-tetx doesn't exist or is not registered",
  ],
  ['<mjml><mj-body>\n<mj-section>', 2, '<mj-section> is not closed'],
  [column('\n\n<mj-include path="./a.mjml" />'), 3, 'mj-include reads a file; a template has partials, {{> name}}'],
  [column('{{#if a}}\n<mj-tetx>a</mj-tetx>\n{{/if}}'), 2, "MJML: Element mj-tetx doesn't exist or is not registered"],
  [
    column('<mj-text>a</mj-text>').replace('<mj-column>', '\n<mj-column width="{{w}}">'),
    2,
    'MJML calculates with width, so no value can give it; write it out',
  ],
])('%j is at fault in line %i', async (html, line, message) => {
  const checked = await run({ task: 'check', definition: templateOf({ mjml: true, html }), library: [] });
  expect(checked).toMatchObject({ ok: true, faults: [{ path: 'html', line, message }] });
});

it.each([
  '<!-- <mj-text> {{a}} --><mj-text>it\'s "a"</mj-text>{{#if a}}<mj-text>b</mj-text>{{/if}}',
  '<mj-text font-size="{{a}}">NaN undefined<br><img src="https://x.test/a" alt=""></mj-text><mj-divider />',
  '{{#each a}}<mj-raw><mj-odd></mj-raw>{{/each}}',
])('compiles %s', async (inside) => {
  const definition = templateOf({ mjml: true, html: column(inside) });
  expect(await run({ task: 'check', definition, library: [] })).toEqual({ ok: true, faults: [] });
});

it('compiles what is whole', async () => {
  const checked = await run({
    task: 'check',
    definition: templateOf({ mjml: true, html: column('<mj-text>a</mj-text>') }),
    library: [],
  });
  expect(checked).toEqual({ ok: true, faults: [] });
});
