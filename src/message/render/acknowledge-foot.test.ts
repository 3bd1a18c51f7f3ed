import { expect, it } from 'vitest';
import { withAcknowledgeFoot } from './acknowledge-foot.ts';
import { sampleMessage } from './sample.testing.ts';

const acknowledgeUrl = 'https://mail.example/a/abc';
const foot = (rendered: { html?: string; text?: string }, more: object = { acknowledgeUrl }) =>
  withAcknowledgeFoot(sampleMessage({}, more), { subject: 's', ...rendered });

it('stands at the end of what does not show the link', () => {
  const { html, text } = foot({ html: '<body><p>Hi</p></BODY></html>', text: 'Hi\n' });
  expect(html).toMatch(/<p>Hi<\/p><p [^>]*><a href="https:\/\/mail\.example\/a\/abc">I see to it<\/a><\/p><\/BODY>/);
  expect(text).toBe('Hi\n\nI see to it: https://mail.example/a/abc\n');
  expect(foot({ html: 'Hi' })?.html).toMatch(/^Hi<p /);
});

it('is left out where the mail shows the link, or has none', () => {
  const shown = { html: `<a href="${acknowledgeUrl}">ok</a>`, text: acknowledgeUrl };
  expect(foot(shown)).toEqual({ subject: 's', ...shown });
  expect(foot({ text: 'Hi' }, {})).toEqual({ subject: 's', text: 'Hi' });
});
