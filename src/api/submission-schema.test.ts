/** What POST /v1/messages takes, and what it says of a body that it does not. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type FieldError, IepError } from '../core/errors.ts';
import { readSubmission } from './read-submission.ts';
import { submissionBody } from './submission-schema.ts';

const body = {
  from: { email: 'noreply@product.example', name: 'Product X' },
  to: ['user@example.com', 'User Two <user2@Example.com>', { email: 'user3@example.com', name: 'Three' }],
  subject: '{{productName}}: reset your password',
  htmlBody: '<p>Hello {{name}}</p>',
};

function refusalOf(input: unknown): IepError {
  try {
    readSubmission(input, 'http');
  } catch (error) {
    if (error instanceof IepError) return error;
    throw error;
  }
  throw new Error('It was taken');
}

const errorsOf = (input: unknown): readonly FieldError[] => refusalOf(input).errors ?? [];

describe('a body', () => {
  it('becomes a submission with every field', () => {
    const full = {
      ...body,
      cc: ['cc@example.com'],
      bcc: ['bcc@example.com'],
      replyTo: 'Help <support@product.example>',
      textBody: 'Hello {{name}}',
      variables: { name: 'Saif', nested: [1, null, { a: true }] },
      attachments: [
        { filename: '../a/invoice.pdf', content: 'JVBE\r\nRg==', contentType: 'application/pdf' },
        { filename: 'logo.png', content: '', contentType: 'image/png', contentId: '<logo@x>' },
      ],
      metadata: { category: 'transactional', tags: ['password'], order: { id: 7 } },
      priority: 'high',
      idempotencyKey: 'reset-123',
      scheduledAt: '2026-11-23T10:30:00+01',
      groupId: 'g1',
      headers: { 'X-Campaign': 'c1', 'List-Unsubscribe': '<https://product.example/u>' },
      provider: 'relay',
    };
    expect(readSubmission(full, 'cli')).toEqual({
      door: 'cli',
      from: { email: 'noreply@product.example', name: 'Product X' },
      to: [
        { email: 'user@example.com' },
        { email: 'user2@example.com', name: 'User Two' },
        { email: 'user3@example.com', name: 'Three' },
      ],
      cc: [{ email: 'cc@example.com' }],
      bcc: [{ email: 'bcc@example.com' }],
      replyTo: '"Help" <support@product.example>',
      subject: body.subject,
      content: {
        kind: 'parts',
        html: body.htmlBody,
        text: 'Hello {{name}}',
        variables: { name: 'Saif', nested: [1, null, { a: true }] },
        headers: [
          ['X-Campaign', 'c1'],
          ['List-Unsubscribe', '<https://product.example/u>'],
        ],
      },
      attachments: [
        {
          filename: 'invoice.pdf',
          contentType: 'application/pdf',
          content: { bytes: new Uint8Array(Buffer.from('%PDF')), size: 4 },
        },
        {
          filename: 'logo.png',
          contentType: 'image/png',
          contentId: 'logo@x',
          content: { bytes: new Uint8Array(), size: 0 },
        },
      ],
      category: 'transactional',
      tags: ['password'],
      metadata: { order: { id: 7 } },
      lane: 'high',
      idempotencyKey: 'reset-123',
      scheduledAt: Date.parse('2026-11-23T09:30:00Z'),
      groupId: 'g1',
      provider: 'relay',
    });
  });

  it('needs no more than sender, recipient, subject and one body', () => {
    const { htmlBody: _, ...rest } = body;
    expect(readSubmission({ ...rest, textBody: 'Hi' }, 'http')).toEqual({
      door: 'http',
      from: { email: 'noreply@product.example', name: 'Product X' },
      to: expect.any(Array),
      subject: body.subject,
      content: { kind: 'parts', text: 'Hi' },
    });
  });

  it('keeps empty variables, which ask for a rendering step', () => {
    expect(readSubmission({ ...body, variables: {} }, 'http').content).toHaveProperty('variables', {});
  });
});

describe('the default sender', () => {
  const { from: _, ...anonymous } = body;
  const read = (mailbox?: { email: string; name?: string }) =>
    readSubmission(anonymous, 'http', { mailbox, tenant: 'acme' });

  it('is who a message without one is from', () => {
    expect(read({ email: 'No-Reply@ACME.example', name: 'Acme' }).from).toEqual({
      email: 'No-Reply@acme.example',
      name: 'Acme',
    });
    const own = readSubmission(body, 'http', { mailbox: { email: 'a@b.example' }, tenant: 'acme' });
    expect(own.from).toEqual(readSubmission(body, 'http').from);
  });

  it.each([[undefined], [{ email: 'a@b c' }]])('is asked for where it is %j', (mailbox) => {
    expect(() => read(mailbox)).toThrow(/^from: is required; .*`iep tenant set acme --default-from ADDRESS`/);
  });
});

it('takes a text that names several mailboxes as a list', () => {
  const two = 'Ada <ada@x.example>, "Bob, B." <bob@x.example>';
  const ada = { email: 'ada@x.example', name: 'Ada' };
  const bob = { email: 'bob@x.example', name: 'Bob, B.' };
  expect(
    readSubmission({ ...body, to: [two, 'c@x.example'], cc: two, bcc: [bob], replyTo: two }, 'http'),
  ).toMatchObject({
    to: [ada, bob, { email: 'c@x.example' }],
    cc: [ada, bob],
    bcc: [bob],
    replyTo: '"Ada" <ada@x.example>, "Bob, B." <bob@x.example>',
  });
  expect(readSubmission({ ...body, to: 'ada@x.example', replyTo: ada }, 'http')).toMatchObject({
    to: [{ email: 'ada@x.example' }],
    replyTo: '"Ada" <ada@x.example>',
  });
});

it('names a stored template in place of content', () => {
  const made = { from: body.from, to: body.to, templateVersion: 3, locale: 'fr-CA', variables: { UserName: 'Jo' } };
  for (const name of ['template', 'templateId']) {
    expect(readSubmission({ ...made, [name]: 'welcome' }, 'http')).toMatchObject({
      subject: '',
      content: {
        kind: 'parts',
        template: { name: 'welcome', version: 3, locale: 'fr-CA' },
        variables: { UserName: 'Jo' },
      },
    });
  }
});

describe('a refusal', () => {
  it('names every missing field', () => {
    expect(errorsOf({})).toEqual([
      { path: 'to', message: 'is required' },
      { path: 'subject', message: 'is required' },
      { path: 'htmlBody', message: 'is required, unless there is a textBody' },
      { path: 'from', message: 'is required' },
    ]);
    expect(errorsOf({ ...body, from: undefined })).toEqual([{ path: 'from', message: 'is required' }]);
    expect(errorsOf({ ...body, htmlBody: undefined })).toEqual([
      { path: 'htmlBody', message: 'is required, unless there is a textBody' },
    ]);
  });

  it('names an unknown field and the nearest known one', () => {
    expect(errorsOf({ ...body, htmlbody: '', 'reply-to': 'a@b.example' })).toEqual([
      { path: 'htmlbody', message: 'is not a known field; did you mean `htmlBody`?' },
      { path: 'reply-to', message: 'is not a known field; did you mean `replyTo`?' },
    ]);
    expect(errorsOf({ ...body, to: [{ email: 'a@b.example', nam: 'A' }] })).toEqual([
      { path: 'to.0.nam', message: 'is not a known field; did you mean `name`?' },
    ]);
    expect(errorsOf({ ...body, attachments: [{ name: 'a', content: '', contentType: 'a/b' }] })).toEqual([
      { path: 'attachments.0.filename', message: 'is required' },
      { path: 'attachments.0.name', message: 'is not a known field; did you mean `filename`?' },
    ]);
  });

  it('knows what other services call a field, and guesses only where a name is near', () => {
    const told = (field: string) => errorsOf({ ...body, [field]: 'x' })[0]?.message;
    expect(told('text')).toContain('`textBody`');
    expect(told('html')).toContain('`htmlBody`');
    expect(told('body')).toContain('`htmlBody` or `textBody`');
    expect(told('reply_to')).toContain('`replyTo`');
    expect(told('sender')).toContain('`from`');
    expect(told('tags')).toContain('`metadata.tags`');
    for (const field of ['colour', 'x', 'constructor']) expect(told(field)).toBe('is not a known field');
  });

  it('is none for null where a field may be left out, at any depth', () => {
    const nothing = {
      cc: null,
      bcc: null,
      replyTo: null,
      textBody: null,
      scheduledAt: null,
      groupId: null,
      headers: null,
    };
    const inner = { from: { email: 'a@b.example', name: null }, metadata: { category: null, tags: null, kept: null } };
    const attachmentUrls = [{ url: 'https://a.example/x', filename: null }];
    const read = readSubmission({ ...body, ...nothing, ...inner, attachmentUrls, variables: { name: null } }, 'http');
    expect(read).not.toHaveProperty('cc');
    expect(read).toMatchObject({ metadata: { kept: null }, content: { variables: { name: null } } });
    expect(errorsOf({ ...body, subject: null, to: [null] })).toMatchObject([{ path: 'to.0' }, { path: 'subject' }]);
  });

  it('gives the path of a wrong address', () => {
    expect(errorsOf({ ...body, to: ['ok@example.com', 'nobody'], cc: [{ email: 'x' }], replyTo: 'y' })).toEqual([
      { path: 'to.1', message: 'is not an email address such as "user@example.com"' },
      { path: 'cc.0', message: 'is not an email address such as "user@example.com"' },
      { path: 'replyTo', message: 'is not an email address such as "user@example.com"' },
    ]);
  });

  it('tells of every kind of fault at once', () => {
    const attachments = [{ filename: 'a.pdf', contentType: 'application/pdf', content: '!' }];
    const wrong = { to: ['nobody'], cc: [{ email: 'ok@example.com', name: 7 }], subject: 7, attachments, foo: 1 };
    expect(errorsOf(wrong).map(({ path }) => path)).toEqual([
      ...['to.0', 'cc.0.name', 'subject', 'attachments.0.content', 'foo', 'htmlBody', 'from'],
    ]);
    expect(errorsOf({ ...wrong, from: 'nobody', htmlBody: 7 }).map(({ path }) => path)).toEqual([
      ...['from', 'to.0', 'cc.0.name', 'subject', 'htmlBody', 'attachments.0.content', 'foo'],
    ]);
  });

  it.each([
    [{ to: 7 }, 'to', expect.stringContaining('must be an address')],
    [{ to: [] }, 'to', 'must have at least 1 item'],
    [{ to: ' , ' }, 'to', expect.stringContaining('is not an email address')],
    [{ to: ['Ada <ada@x.example>, bob'] }, 'to.0', expect.stringMatching(/^"bob" is not an email address/)],
    [{ to: [`${'n'.repeat(256)} <ada@x.example>`] }, 'to.0', expect.stringContaining('has a name that is too long')],
    [{ to: [`${'l'.repeat(250)}@x.example`] }, 'to.0', 'is longer than 254 octets'],
    [
      { from: 'Ada <ada@x.example>, Bob <bob@x.example>' },
      'from',
      'must be one mailbox, and this text names 2: ada@x.example, bob@x.example',
    ],
    [{ to: [7] }, 'to.0', expect.stringContaining('must be an address')],
    [{ to: [{ name: 'x' }] }, 'to.0.email', 'is required'],
    [{ subject: 7 }, 'subject', 'must be a string'],
    [{ variables: ['a'] }, 'variables', 'must be an object'],
    [{ priority: 'urgent' }, 'priority', 'must be "high" or "normal" or "low"'],
    [{ scheduledAt: 'tomorrow' }, 'scheduledAt', expect.stringContaining('RFC 3339')],
    [{ scheduledAt: '2026-02-30T00:00:00Z' }, 'scheduledAt', expect.stringContaining('RFC 3339')],
    [{ headers: { 'X-A': 1 } }, 'headers.X-A', 'must be a string'],
    [{ metadata: { tags: 'a' } }, 'metadata.tags', 'must be an array'],
    [{ idempotencyKey: '' }, 'idempotencyKey', 'must have at least 1 character'],
    [
      { attachments: [{ filename: 'a', content: '!', contentType: 'a/b' }] },
      'attachments.0.content',
      expect.any(String),
    ],
    [
      { attachments: [{ filename: 'a', content: 'YQ', contentType: 'a/b' }] },
      'attachments.0.content',
      expect.any(String),
    ],
    [
      { attachments: [{ filename: 'a', content: 'YR==', contentType: 'a/b' }] },
      'attachments.0.content',
      expect.any(String),
    ],
    [
      { attachments: [{ filename: 'a', content: '_-==', contentType: 'a/b' }] },
      'attachments.0.content',
      expect.any(String),
    ],
  ])('of %j', (wrong, path, message) => {
    expect(errorsOf({ ...body, ...wrong })).toEqual([{ path, message }]);
  });

  it('says which field in its first sentence', () => {
    expect(refusalOf({ ...body, subject: 7, priority: 'x' }).message).toBe('subject: must be a string (and 1 more)');
  });

  it('of content of its own beside a template, and of what goes with one alone', () => {
    expect(errorsOf({ ...body, template: 'welcome' }).map(({ path }) => path)).toEqual(['subject', 'htmlBody']);
    expect(errorsOf({ ...body, templateVersion: 2, locale: 'de' }).map(({ path }) => path)).toEqual([
      ...['templateVersion', 'locale'],
    ]);
    const made = { from: body.from, to: body.to };
    expect(errorsOf({ ...made, template: 'welcome', templateId: 'other' })).toMatchObject([{ path: 'templateId' }]);
    expect(errorsOf({ ...made, template: 'Not a name', locale: '!' }).map(({ path }) => path)).toEqual([
      ...['template', 'locale'],
    ]);
  });

  it.each([undefined, null, 7, 'text', [], [body]])('of a body that is not an object: %j', (input) => {
    expect(errorsOf(input)).toEqual([{ path: '', message: expect.stringMatching(/must be an object|is required/) }]);
  });
});

it('throws nothing but refusals, whatever the body is', () => {
  const names = fc.constantFrom(...Object.keys(submissionBody.shape), '__proto__', 'constructor', 'x');
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(body.to, body.from, 'a@b.example', 'a@b.example\r\nX: y'));
  fc.assert(
    fc.property(fc.dictionary(names, anything), fc.boolean(), (fields, complete) => {
      const input: unknown = JSON.parse(JSON.stringify(complete ? { ...body, ...fields } : fields));
      try {
        readSubmission(input, 'http');
      } catch (error) {
        expect(error).toBeInstanceOf(IepError);
      }
    }),
    { numRuns: 500 },
  );
});

it('can be written as JSON Schema, for the OpenAPI document', () => {
  const schema = z.toJSONSchema(submissionBody, { io: 'input' });
  expect(schema.required).toEqual(['to']);
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties).toMatchObject({
    priority: { enum: ['high', 'normal', 'low'] },
    scheduledAt: { format: 'date-time' },
    attachments: { items: { properties: { content: { contentEncoding: 'base64' } } } },
  });
});
