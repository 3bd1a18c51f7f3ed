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

it('compiles what is whole', async () => {
  const checked = await run({
    task: 'check',
    definition: templateOf({ mjml: true, html: column('<mj-text>a</mj-text>') }),
    library: [],
  });
  expect(checked).toEqual({ ok: true, faults: [] });
});
