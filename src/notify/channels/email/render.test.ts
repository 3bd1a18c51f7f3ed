import { expect, it } from 'vitest';
import { acknowledgeUrl, contentOf, failedJob, notice } from '../channels.testing.ts';
import { emailSubmission } from './render.ts';

const tenant = { settings: { defaultFrom: { email: 'noreply@example.com', name: 'Jobs' } } };
const to = [{ email: 'ops@example.com' }];
const mail = (more: object = {}) => emailSubmission(tenant, { ...contentOf(), to, door: 'http', ...more });

it('is plain text of all that a card shows, and no template', () => {
  expect(mail()).toEqual({
    ...{ door: 'http', from: { email: 'noreply@example.com', name: 'Jobs' }, to },
    subject: 'Job failed: nightly-backup',
    content: {
      kind: 'parts',
      text: `${failedJob.summary}\n\nJob:      nightly-backup\nHost:     db-1\nDuration: 12 min 31 s\n\n${failedJob.log}\n\n${failedJob.url}\n\nAcknowledge it: ${acknowledgeUrl}\n`,
    },
  });
  expect(mail({ card: { subject: 'x', facts: [] } })).toMatchObject({ content: { text: 'x\n' } });
});

it('is made with a template, which sees data by name and as a whole, type, actor and subscriber', () => {
  const more = { actor: { name: 'ci' }, subscriber: { id: 'u1' } };
  const made = mail({ template: 'job-result', locale: 'de', notice: { ...notice, data: failedJob, ...more } });
  expect(made).toMatchObject({
    content: {
      template: { name: 'job-result', locale: 'de' },
      variables: { ...failedJob, data: failedJob, type: 'job.failed', ...more },
    },
  });
});

it('needs a sender', () => {
  expect(emailSubmission({ settings: {} }, { ...contentOf(), to, door: 'http' })).toEqual({
    unfit: 'the tenant has no default sender',
  });
});
