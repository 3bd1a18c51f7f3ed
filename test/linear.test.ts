/**
 * Twice the input is at most 2.3 times the work, in everything that reads what a stranger sends. Regular expressions are
 * looked at one by one in `npm run check` (scripts/expressions.ts); here are the parsers, ours and those of libraries, each
 * fed with whatever makes parsers go back: openings without ends, ends without openings, long runs of one thing.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseKey } from '../src/access/key-text.ts';
import { parseCsv } from '../src/api/csv.ts';
import { fileText } from '../src/api/file-text.ts';
import { fileTime } from '../src/api/file-time.ts';
import { readQuery } from '../src/api/query.ts';
import { readSubmission } from '../src/api/read-submission.ts';
import { reasonOfCode, suppressionReasonOf } from '../src/api/suppression-columns.ts';
import { readSuppressionFile } from '../src/api/suppression-file.ts';
import { parseTime } from '../src/api/time.ts';
import { createRedact } from '../src/base/observe/redact.ts';
import { createFilesystemBlobs } from '../src/blobs/filesystem.ts';
import { isUnsafeText, normalizeAddress, normalizeDomain } from '../src/core/address.ts';
import { IepError } from '../src/core/errors.ts';
import { createCut } from '../src/core/known-secrets.ts';
import { readMailbox, readMailboxList } from '../src/core/mailbox-list.ts';
import type { Submission } from '../src/core/message.ts';
import { normalizeNetwork } from '../src/core/networks.ts';
import { isSecretName, withoutSecrets } from '../src/core/secret-names.ts';
import { readSmtpPath } from '../src/core/smtp-path.ts';
import { readEntryAddress } from '../src/core/suppression-entry.ts';
import { tenantSettingsSchema } from '../src/core/tenant-settings.ts';
import { readTraceparent } from '../src/core/traceparent.ts';
import { visible, visibleLines } from '../src/core/visible-text.ts';
import { parseJson } from '../src/http/json.ts';
import { whatChanged } from '../src/manage/audit/what-changed.ts';
import { judgeDkim, judgeDmarc, judgeSpf } from '../src/manage/domains/judge.ts';
import { fetchedName } from '../src/message/attachments/fetched-name.ts';
import { safeFilename } from '../src/message/attachments/filename.ts';
import { defaultAttachmentLimits } from '../src/message/attachments/limits.ts';
import { isAllowedType, mediaType } from '../src/message/attachments/media-type.ts';
import { isProgramName } from '../src/message/attachments/programs.ts';
import { urlFault } from '../src/message/attachments/url.ts';
import { createBodyHash, relaxedField } from '../src/message/dkim/canonical.ts';
import { addedHeaderFault } from '../src/message/intake/added-headers.ts';
import { checkAttachments } from '../src/message/intake/check-attachments.ts';
import { sampleSubmission } from '../src/message/intake/sample.testing.ts';
import { type CssRules, cleanSheet, cleanStyle } from '../src/message/preview/clean-css.ts';
import { classify } from '../src/message/providers/smtp/classify.ts';
import { hasPlainLines } from '../src/message/providers/smtp/plain-lines.ts';
import { smtpReply } from '../src/message/providers/smtp/reply.ts';
import { embeddedMessage } from '../src/message/render/embedded-message.ts';
import { foldable } from '../src/message/render/foldable.ts';
import { textFromHtml } from '../src/message/render/text-from-html.ts';
import { completeHeader } from '../src/message/rfc5322/complete-header.ts';
import { decodeText, readHeader } from '../src/message/rfc5322/header.ts';
import { readAddressList, readClearly, readFrom } from '../src/message/rfc5322/header-addresses.ts';
import { readIepFields } from '../src/message/rfc5322/iep-fields.ts';
import { createLineEnds } from '../src/message/rfc5322/line-ends.ts';
import { createRawMessageReader, type RawMessageOptions } from '../src/message/rfc5322/raw-message.ts';
import { inlineCss } from '../src/message/templates/css/inline-css.ts';
import { HTML_TEXT, readHtml } from '../src/message/templates/html/state.ts';
import { readSource } from '../src/message/templates/link.ts';
import { templateOf } from '../src/message/templates/templates.testing.ts';
import { SourceFault, type TextNode } from '../src/message/templates/tree.ts';
import { usedNames } from '../src/message/templates/used-names.ts';
import { createDataDecoder } from '../src/smtp/data-decoder.ts';
import { growthOf, isCheap, LINEAR } from './work.ts';

/** Characters, and then twice as many. */
const SIZE = 64 * 1024;

/** Each is repeated, once by itself and once with an end that nothing fits. */
const UNITS: readonly string[] = [
  ...[
    'a',
    ' ',
    '\t',
    '.',
    '"',
    '\\"',
    '\\',
    '(',
    ')',
    '(\\',
    '<',
    '>',
    '[',
    ']',
    '{',
    '}',
    '=',
    '-',
    '_',
    ':',
    '/',
    '…',
  ],
  ...['@', ',', ';', '%', '&', '?', '#', '*', '\0', '\r', '\n', '\r\n', '\r\r\n', '\u{1f600}', '\ud800', 'é'],
  ...[
    'a.',
    'a@',
    'a@b,',
    '<a@b>',
    '"a" <a@b>, ',
    '"a',
    '(a',
    'a:',
    'g:;',
    ' .',
    '\r\n ',
    '\r\n\t',
    '\r\n.',
    '.\r\n',
    'a: b\r\n',
  ],
  ...[
    '=?',
    '=?utf-8?q?',
    '=?utf-8?q?a?=',
    '=?utf-8?b?',
    '=?utf-8?q?a?= ',
    '?=',
    "; filename*=utf-8'",
    '; filename="\\',
  ],
  ...[
    '://',
    'x://y:',
    'auth.',
    'auth ',
    'bearer ',
    'iep_aaaaaaaa',
    'whsec_',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
  ],
  ...['&token', '?a=b&', '%41', '""', '","', '"\n', '[]', '{"a":', '[1,', 'v=spf1 ', 'v=DMARC1;', 'include:a ', 'a=b;'],
  ...[
    '<a>',
    '</a>',
    '<p>',
    '<b>',
    '<a href="',
    '<!--',
    '<![CDATA[',
    '<script>',
    '</',
    '&amp',
    '&#',
    '<td>',
    '<table>',
    '<li>',
  ],
  ...['<div>', '<ul><li>', '<blockquote>', '<pre>', '<template>', '<p>a</b>', '<a ', '<a b=c ', '<a href="b">c'],
  ...[
    '{{',
    '{{#if a}}',
    '{{a}}',
    '}}',
    '250-a\r\n',
    '\r\nS: ',
    '10.',
    '::',
    '1:',
    '0',
    'X-IEP-Tag: a,b\r\n',
    'To: a@b\r\n',
  ],
];

/** What every parser is fed with; the large text is made once for all of them. */
const cases = UNITS.flatMap((unit) =>
  ['', '\0!'].map((end) => {
    const make = (size: number) => unit.repeat(Math.ceil(size / unit.length)) + end;
    return { name: JSON.stringify(unit + end), make, large: make(SIZE * 2) };
  }),
);

const root = mkdtempSync(join(tmpdir(), 'iep-linear-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const blobs = await createFilesystemBlobs(join(root, 'blobs'));
const redact = createRedact({ showAddresses: false });
const cut = createCut({ secrets: ['hunter2', 'correct horse', 'aaaaaaaa'], userNames: ['iep'] });
const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const query = z.strictObject({ q: z.string().optional() });
const arrived: RawMessageOptions = {
  door: 'smtp',
  id: '019ab0c2-0000-7000-8000-000000000001',
  now: 0,
  arrival: { by: 'mail.example.com', protocol: 'ESMTP', client: { helo: 'a', address: '192.0.2.7' } },
  rcpt: ['user@example.net'],
  maxBytes: 10 * 1024 * 1024,
};
const withAttachment = (text: string): Submission =>
  sampleSubmission({
    attachments: [{ filename: text, contentType: text, contentId: text, content: { bytes: Buffer.alloc(1), size: 1 } }],
  });
const found = (text: string) => ({ kind: 'found' as const, values: [text] });

const template = templateOf();
const shown: CssRules = { urlOf: () => undefined, scheme: 'light' };

/** Everything that takes a text. One that is refused has been read as well. */
const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  'access: key': parseKey,
  'attachments: name of a fetched file': (text) => fetchedName('https://a.example/b', text),
  'attachments: name of a fetched file, by its URL': (text) => fetchedName(`https://a.example/${text}`, undefined),
  'attachments: file name': safeFilename,
  'attachments: name of a program': isProgramName,
  'attachments: media type': (text) => isAllowedType(mediaType(text), ['image/*', 'a/b']),
  'attachments: URL': urlFault,
  'audit: what changed': (text) => whatChanged({ body: { [text]: text, list: text.split(',') } }),
  'command line: header': (text) =>
    completeHeader(bytesOf(`To: ${text}\r\n\r\n`), { from: 'a@b.example', domain: 'b' }),
  'core: address': (text) => normalizeAddress(`${text}@a.example`) ?? normalizeAddress(text),
  'core: domain': normalizeDomain,
  'core: mailbox': (text) => readMailbox(text) ?? readMailbox(`${text} <a@b.example>`),
  'core: mailboxes': (text) => readMailboxList(text),
  'core: path of SMTP': (text) => readSmtpPath(`<${text}`) ?? readSmtpPath(text),
  'core: visible text': (text) => visible(text) + visibleLines(text),
  'core: unsafe text': isUnsafeText,
  'core: refusal': (text) => new IepError('invalid_request', text, { errors: [{ path: text, message: text }] }),
  'core: known secrets': cut,
  'core: secrets': withoutSecrets,
  'core: name of a secret': isSecretName,
  'core: network': normalizeNetwork,
  'core: settings of a tenant': (text) => tenantSettingsSchema.safeParse({ recipientDomains: [text], route: [text] }),
  'core: traceparent': readTraceparent,
  'dkim: field': relaxedField,
  'dkim: body': (text) => {
    const hash = createBodyHash();
    hash.update(text);
    return hash.digest();
  },
  'domains: SPF': (text) => judgeSpf(found(text), 'a.example'),
  'domains: DKIM': (text) => judgeDkim(found(text), { algorithm: 'rsa-sha256', publicKey: 'a', selector: 's' }),
  'domains: DMARC': (text) => judgeDmarc(found(text), { domain: 'a.example', at: '_dmarc.a.example' }),
  'http: CSV': (text) => [...parseCsv(text)],
  'http: suppressions': (text) => readSuppressionFile(`email\n${text}`, { now: 0, strict: false }),
  'http: suppressions without names': (text) => readSuppressionFile(text, { now: 0, strict: false }),
  'http: suppressions as JSON': (text) => readSuppressionFile(`{"email":\n${text}`, { now: 0, strict: false }),
  'http: reason of a suppression': (text) => suppressionReasonOf(text) ?? reasonOfCode(text),
  'http: time of a file': fileTime,
  'http: text of a file': (text) => fileText(bytesOf(text)),
  'http: suppression': readEntryAddress,
  'http: JSON': (text) => parseJson(Buffer.from(text)),
  // URLSearchParams is not linear; the header of a request, and so its query, ends at 16 KB.
  'http: query': (text) => readQuery(query, `/?${text.slice(0, 16 * 1024)}`, 'refused'),
  'http: time': parseTime,
  'intake: header that is added': (text) => addedHeaderFault(text, text),
  'intake: address list': readAddressList,
  'intake: From': readFrom,
  'intake: Reply-To': (text) => readClearly([text]),
  'intake: encoded words': decodeText,
  'intake: header': readHeader,
  'intake: X-IEP fields': (text) =>
    readIepFields(
      [
        ['tag', text],
        ['scheduled-at', text],
        ['traceparent', text],
      ],
      [],
    ),
  'intake: line ends': (text) => createLineEnds().push(bytesOf(text)),
  'intake: attachment': (text) => checkAttachments(withAttachment(text), defaultAttachmentLimits, () => undefined),
  'intake: whole message': (text) => readWhole(text),
  'intake: From of a whole message': (text) => readWhole(`From: ${text}\r\n\r\n`),
  'intake: other fields of a whole message': (text) =>
    readWhole(`From: a@b.example\r\nTo: ${text}\r\nSubject: ${text}\r\nMessage-ID: ${text}\r\n\r\n`),
  'intake: submission': (text) =>
    readSubmission({ from: { email: text, name: text }, to: [{ email: text }], subject: text, [text]: text }, 'http'),
  'observe: log': (text) => redact({ [text]: text, detail: text, list: text.split('a') }),
  'preview: CSS': (text) => cleanSheet(text, shown),
  'preview: CSS of a rule': (text) => cleanSheet(`p { color: ${text} }`, shown),
  'preview: a style': (text) => cleanStyle(text, shown),
  'providers: reply': (text) => classify(smtpReply(`550 5.1.1 ${text}`), 'rcpt'),
  'providers: plain lines': (text) => hasPlainLines(bytesOf(`${text}\r\n`)),
  'render: attached message': (text) => embeddedMessage(bytesOf(text)),
  'render: header text': foldable,
  'render: text of HTML': textFromHtml,
  'templates: Handlebars': asFault((text) => readSource(text, { syntax: 'handlebars', name: 'html' })),
  'templates: Go': asFault((text) => readSource(`{{.a}}${text}`, { syntax: 'go', name: 'html' })),
  'templates: a tag of Go': asFault((text) => readSource(`{{${text}}}`, { syntax: 'go', name: 'html' })),
  'templates: HTML': (text) => readHtml(HTML_TEXT, text),
  'templates: tags': asFault((text) => inlineCss(textNodes(`<style>a b, * > .a { top: 0 }</style><p ${text}`))),
  'templates: CSS': asFault((text) => inlineCss(textNodes(`<style>${text}</style><p class="a">`))),
  'templates: CSS of a rule': asFault((text) => inlineCss(textNodes(`<style>p { a: ${text} }</style><p class="a">`))),
  'templates: names in it': (text) => usedNames({ ...template, html: text }),
  'smtp: data': (text) => createDataDecoder().feed(bytesOf(text)),
};

/** A template that cannot be read says so. */
function asFault(read: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      return error;
    }
  };
}

function textNodes(text: string): readonly TextNode[] {
  return [{ kind: 'text', text, place: { source: 'html', line: 1, column: 1 } }];
}

async function readWhole(text: string): Promise<unknown> {
  const reader = createRawMessageReader(blobs, arrived);
  await reader.write(bytesOf(text));
  await reader.abort();
  return undefined;
}

describe.each(Object.entries(parsers))('%s', (_name, parser) => {
  const read = async (text: string) => {
    try {
      await parser(text);
    } catch (error) {
      if (!(error instanceof IepError || error instanceof SyntaxError || error instanceof URIError)) throw error;
    }
  };

  test('takes twice the time for twice the text', async () => {
    const worse: string[] = [];
    for (const { name, make, large } of cases) {
      if (await isCheap(() => read(large))) continue;
      const { ratio, ms } = await growthOf(make, read, SIZE);
      if (ratio > LINEAR) worse.push(`${name}: ${ratio.toFixed(1)} times, ${ms.toFixed(0)} ms`);
    }
    expect(worse).toEqual([]);
  }, 600_000);
});
