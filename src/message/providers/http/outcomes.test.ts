/** Each row of each vendor's table decides the answers that stand below it, and says where it is from. */

import { describe, expect, it } from 'vitest';
import { graphTable } from '../graph/outcomes.ts';
import { mailgunTable } from '../mailgun/outcomes.ts';
import { postmarkTable } from '../postmark/outcomes.ts';
import { resendTable } from '../resend/outcomes.ts';
import { sendgridTable } from '../sendgrid/outcomes.ts';
import { sesTable } from '../ses/outcomes.ts';
import { type AnswerTable, httpRows, isOf, judgeAnswer } from './outcomes.ts';

const bare: AnswerTable = { rows: [], faults: () => [], words: () => '' };
const tables: Readonly<Record<string, AnswerTable>> = {
  HTTP: { ...bare, rows: httpRows },
  sendgrid: sendgridTable,
  resend: resendTable,
  postmark: postmarkTable,
  mailgun: mailgunTable,
  graph: graphTable,
  ses: sesTable,
};

const heard = (status: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}) => ({
  ...{ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
  isWhole: true,
});
const now = Date.parse('2026-11-29T12:00:00Z');

describe.each(Object.entries(tables))('the table of %s', (_name, table) => {
  it.each(table.rows.flatMap((row) => row.samples.map((sample) => [row.source, row, sample] as const)))(
    '%s',
    (source, row, { status, body, headers = {} }) => {
      expect(source).toMatch(/read \d{4}-\d\d-\d\d|https:/);
      const [fault = {}] = table.faults(body, headers);
      expect(table.rows.find((one) => isOf(one, status, fault))).toBe(row);
      const { outcome, ofRecipients } = judgeAnswer(heard(status, body, headers), table, now);
      const { of, others: _, ...means } = { of: undefined, others: undefined, ...row.means };
      expect(of === undefined ? outcome : ofRecipients[0]?.outcome).toMatchObject(means);
    },
  );
});

describe('an answer', () => {
  const errors = (...fields: string[]) => ({ errors: fields.map((field) => ({ message: `about ${field}`, field })) });

  it('says first what is wrong with the account, whatever else it says', () => {
    const { outcome, ofRecipients } = judgeAnswer(
      heard(400, errors('personalizations.0.to.0.email', 'subject', 'ip_pool_name')),
      sendgridTable,
      now,
    );
    expect(outcome).toMatchObject({
      kind: 'unavailable',
      account: true,
      reply: { text: '400 about ip_pool_name (ip_pool_name)' },
    });
    expect(ofRecipients).toEqual([]);
  });

  it('says of the message what is wrong with it, and of a recipient what is wrong with that', () => {
    const { outcome, ofRecipients } = judgeAnswer(
      heard(400, errors('personalizations.0.to.0.email', 'subject')),
      sendgridTable,
      now,
    );
    expect(outcome).toMatchObject({ kind: 'rejected', bounce: 'content' });
    expect(outcome.reply.text).toContain('about subject');
    expect(ofRecipients).toMatchObject([{ outcome: { kind: 'rejected', bounce: 'hard' } }]);
  });

  it('that is a yes with an error nobody knows may be a yes', () => {
    expect(judgeAnswer(heard(200, errors('surprise')), sendgridTable, now).outcome.kind).toBe('unknown');
  });

  it('that says queued and not as what may be of somebody else', () => {
    const { outcome } = judgeAnswer(heard(200, { message: 'Queued. Thank you.' }), mailgunTable, now);
    expect(outcome.kind).toBe('unknown');
  });

  it('that nobody can read says nothing of the message', () => {
    expect(judgeAnswer({ ...heard(400, '{"errors":[{'), isWhole: false }, sendgridTable, now).outcome.kind).toBe(
      'deferred',
    );
    expect(judgeAnswer(heard(400, '{"errors":"no"}'), sendgridTable, now).outcome.kind).toBe('deferred');
  });

  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Sun, 29 Nov 2026 12:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': ' 7 ' }, 7_000],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': `2${'0'.repeat(30)}` }, undefined],
    [{ 'retry-after': 'Sunday, 29-Nov-26 12:01:00 GMT' }, 60_000],
    [{ 'x-ratelimit-reset': String(now / 1_000 + 5) }, 5_000],
    [{ 'x-ratelimit-reset': '5' }, 0],
    [{ 'retry-after': '1', 'x-ratelimit-reset': String(now / 1_000 + 5) }, 1_000],
    [{ 'x-ratelimit-reset': 'x' }, undefined],
    [{}, undefined],
  ])('names the time to wait: %j', (headers, waitMs) => {
    const { outcome } = judgeAnswer(heard(429, '', headers), sendgridTable, now);
    expect(outcome.kind === 'throttled' && outcome.retryAfterMs).toBe(waitMs);
  });

  it('that names a time when it is away says "not now"', () => {
    const { outcome } = judgeAnswer(heard(503, '', { 'retry-after': '30' }), sendgridTable, now);
    expect(outcome).toMatchObject({ kind: 'unavailable', busy: true, retryAfterMs: 30_000 });
    expect(judgeAnswer(heard(503), sendgridTable, now).outcome).not.toHaveProperty('busy');
    const refused = judgeAnswer(heard(401, '', { 'retry-after': '30' }), sendgridTable, now).outcome;
    expect(refused).toMatchObject({ account: true });
    expect(refused).not.toHaveProperty('busy');
  });
});
