import { describe, expect, it } from 'vitest';
import { createTemplateJobs } from '../render/template-job.ts';
import { system, templateOf, variable } from './templates.testing.ts';

const { run } = createTemplateJobs();

async function preview(more: Parameters<typeof templateOf>[0], variables = {}) {
  const answer = await run({
    task: 'preview',
    input: { definition: templateOf(more), library: [], variables, system },
  });
  if (!('preview' in answer)) throw new Error(JSON.stringify(answer));
  return answer.preview;
}

const clean = {
  text: 'a',
  html: '<p><a href="https://x.test/{{x}}">a</a><img src="https://x.test/a" alt=""><img src="https://x.test/b" alt={{x}}></p>',
  variables: [variable('x')],
};

describe('a preview', () => {
  it('has no warnings of what is right, and says how large it is', async () => {
    const { warnings, sizeBytes, html, subject } = await preview(clean, { x: 'é' });
    expect(warnings).toEqual([]);
    expect(sizeBytes).toBe(Buffer.byteLength(html));
    expect(subject).toBe('Hello');
  });

  it.each([
    ['html_clipped', { html: `<p>${'x'.repeat(103 * 1024)}</p>` }, undefined],
    ['text_missing', { html: '<p>a</p>', text: undefined as never }, undefined],
    ['image_without_alt', { html: '<p>\n<img src="https://x.test/{{x}}"></p>' }, 2],
    ['link_without_scheme', { html: '<p>\n\n<a href="www.x.test">a{{x}}</a></p>' }, 3],
    ['link_placeholder', { html: '<p><a href="#">a{{x}}</a></p>' }, 1],
    ['link_placeholder', { html: '<p>{{x}}<a href="https://example.com/">a</a></p>' }, 1],
    ['variable_undeclared', { html: '<p>{{x}}\n{{y}}</p>' }, 2],
    ['variable_unused', { html: '<p>a</p>' }, undefined],
    ['css_unsupported', { html: '<p style="position: absolute">{{x}}</p>' }, undefined],
    ['html_deep', { html: `<p>{{x}}</p>${'<div>'.repeat(600)}` }, undefined],
    ['url_blocked', { html: '<p>\n<a href="{{x}}">a</a></p>' }, 2],
  ])('warns: %s', async (code, more, line) => {
    const { text, ...rest } = { ...clean, ...more };
    const { warnings } = await preview({ ...rest, ...(text !== undefined && { text }) }, { x: 'javascript:x' });
    expect(warnings).toContainEqual({ code, message: expect.any(String), ...(line !== undefined && { line }) });
  });

  it('does not take the look of a branch for a link without a scheme', async () => {
    const { warnings } = await preview(
      { ...clean, html: '<a href="{{x}}/a">a</a><a href="mailto:a@x.test">b</a><a href="#top">c</a>' },
      { x: 'https://x.test' },
    );
    expect(warnings).toEqual([]);
  });
});
