/**
 * What leaves IEP is what was handed in, whatever the provider: odd messages are read by a parser that is another's, before and after.
 * What a vendor takes by its parts is compared with the fields of its request. What it cannot carry it refuses with a sentence.
 */

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import libmime from 'libmime';
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import addressparser from 'nodemailer/lib/addressparser/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFilesystemBlobs } from '../src/blobs/filesystem.ts';
import { systemClock } from '../src/core/clock.ts';
import type { Mailbox, Message } from '../src/core/message.ts';
import { createStopping } from '../src/core/stop.ts';
import { parcelOf } from '../src/message/delivery/parcel.ts';
import { graphAnswers } from '../src/message/providers/graph/answers.testing.ts';
import { createProvider } from '../src/message/providers/index.ts';
import { mailgunAnswers } from '../src/message/providers/mailgun/answers.testing.ts';
import { postmarkAnswers } from '../src/message/providers/postmark/answers.testing.ts';
import type { Provider } from '../src/message/providers/provider.ts';
import { resendAnswers } from '../src/message/providers/resend/answers.testing.ts';
import { sendgridAnswers } from '../src/message/providers/sendgrid/answers.testing.ts';
import { sesAnswers } from '../src/message/providers/ses/answers.testing.ts';
import { composeMime } from '../src/message/render/mime.ts';
import { sampleMessage } from '../src/message/render/sample.testing.ts';
import { readRawMessage } from '../src/message/rfc5322/raw-message.ts';
import { type MadeMessage, madeMessages } from './corpus/made-messages.ts';
import { wholeMessages } from './corpus/whole-messages.ts';
import { createSink, type Sink } from './sink.ts';
import { createVendor, type Vendor, type VendorCall, type VendorReply } from './vendor.ts';

interface Out {
  readonly type: string;
  readonly settings: object;
  readonly taken: VendorReply;
  /** Whole messages that it refuses, with a sentence. */
  readonly refusesWhole?: readonly string[];
  /** The message in a request; absent where whole messages go by SMTP. */
  mimeIn?(call: VendorCall): Buffer;
  /** The parts in a request; absent where it takes none. */
  partsIn?(call: VendorCall): Seen;
}

/** What people see of a message. */
interface Seen {
  readonly from: readonly Mailbox[];
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly replyTo: readonly Mailbox[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly files: readonly {
    readonly name: string;
    readonly type: string;
    readonly cid: string;
    readonly hash: string;
  }[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const outs: readonly Out[] = [
  { type: 'smtp', settings: { tls: 'none', username: 'apikey', password: 'key-of-it' }, taken: { status: 500 } },
  {
    ...{ type: 'mailgun', settings: { apiKey: 'key-of-it', domain: 'example.com' }, taken: mailgunAnswers.accepted },
    mimeIn: ({ bytes }) =>
      bytes.subarray(bytes.indexOf('message/rfc822\r\n\r\n') + 18, bytes.lastIndexOf('\r\n--iep-')),
  },
  {
    ...{
      type: 'graph',
      settings: { directoryId: 'd', clientId: 'c', clientSecret: 'key-of-it' },
      taken: graphAnswers.accepted,
    },
    mimeIn: ({ body }) => Buffer.from(body, 'base64'),
  },
  {
    type: 'ses',
    refusesWhole: ['an 8-bit subject'],
    settings: { region: 'eu-central-1', accessKeyId: 'AK', secretAccessKey: 'key-of-it' },
    taken: sesAnswers.accepted,
    mimeIn: ({ body }) => Buffer.from(JSON.parse(body).Content.Raw.Data, 'base64'),
  },
  {
    ...{ type: 'sendgrid', settings: { apiKey: 'key-of-it' }, taken: sendgridAnswers.accepted },
    partsIn({ body }) {
      const {
        personalizations,
        from,
        reply_to,
        reply_to_list,
        subject,
        content,
        headers,
        attachments = [],
      } = JSON.parse(body);
      const [{ to, cc = [] }] = personalizations;
      const ofType = (type: string) => content.find((one: { type: string }) => one.type === type)?.value ?? '';
      return {
        ...{ from: [from], to: to.map(unquoted), cc: cc.map(unquoted), subject },
        replyTo: reply_to_list ?? (reply_to ? [reply_to] : []),
        ...{ text: ofType('text/plain'), html: ofType('text/html'), headers: Object.entries(headers) },
        files: attachments.map((one: Record<string, string>) =>
          fileOf(one.filename, one.type, one.content_id, Buffer.from(one.content ?? '', 'base64')),
        ),
      };
    },
  },
  {
    ...{ type: 'resend', settings: { apiKey: 'key-of-it' }, taken: resendAnswers.accepted },
    partsIn({ body }) {
      const {
        from,
        to,
        cc = [],
        reply_to = [],
        subject,
        text = '',
        html = '',
        headers,
        attachments = [],
      } = JSON.parse(body);
      return {
        ...{ from: listIn(from), to: to.flatMap(listIn), cc: cc.flatMap(listIn), replyTo: reply_to.flatMap(listIn) },
        ...{ subject, text, html, headers: Object.entries(headers) },
        files: attachments.map((one: Record<string, string>) =>
          fileOf(one.filename, one.content_type, one.content_id, Buffer.from(one.content ?? '', 'base64')),
        ),
      };
    },
  },
  {
    ...{ type: 'postmark', settings: { serverToken: 'key-of-it' }, taken: postmarkAnswers.accepted },
    partsIn({ body }) {
      const {
        From,
        To,
        Cc = '',
        ReplyTo = '',
        Subject,
        TextBody = '',
        HtmlBody = '',
        Headers,
        Attachments = [],
      } = JSON.parse(body);
      return {
        ...{ from: listIn(From), to: listIn(To), cc: listIn(Cc), replyTo: listIn(ReplyTo), subject: Subject },
        ...{ text: TextBody, html: HtmlBody },
        headers: Headers.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
        files: Attachments.map((one: Record<string, string>) =>
          fileOf(
            one.Name,
            one.ContentType,
            one.ContentID?.replace(/^cid:/, ''),
            Buffer.from(one.Content ?? '', 'base64'),
          ),
        ),
      };
    },
  },
];

const never = createStopping();
let folder: string;
let blobs: Awaited<ReturnType<typeof createFilesystemBlobs>>;
let sink: Sink;
let login: Vendor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iep-corpus-'));
  blobs = await createFilesystemBlobs(join(folder, 'blobs'));
  sink = await createSink({ users: { apikey: 'key-of-it', resend: 'key-of-it', 'key-of-it': 'key-of-it' } });
  login = await createVendor({ taken: () => graphAnswers.token('token-of-it') });
});
afterAll(async () => {
  await sink.close();
  await login.close();
  await rm(folder, { recursive: true });
});

for (const out of outs) {
  describe(`by ${out.type}`, () => {
    let vendor: Vendor;
    let provider: Provider;
    beforeAll(async () => {
      vendor = await createVendor({ taken: () => out.taken });
      const own =
        out.type === 'graph'
          ? { loginEndpoint: login.endpoint }
          : out.partsIn
            ? { smtpEndpoint: `${sink.host}:${sink.port}` }
            : {};
      const where = out.type === 'smtp' ? { host: sink.host, port: sink.port } : { endpoint: vendor.endpoint };
      provider = createProvider('mail', { type: out.type, ...out.settings, ...where, ...own }, { clock: systemClock });
    });
    afterAll(async () => {
      await provider.close();
      await vendor.close();
    });

    const send = (message: Message, rendered?: MadeMessage['rendered']) =>
      provider.send(
        parcelOf({
          ...{ message, rendered },
          recipients: [...message.to, ...message.cc].map(({ email }, position) => ({
            position,
            address: email,
            kind: 'to',
          })),
          composeMime: (input) => composeMime({ blobs }, input),
          readBytes: async (content) => ('bytes' in content ? content.bytes : blobs.read(content.blob)),
        }),
        never,
      );
    const lastMime = () => {
      const call = vendor.taken.at(-1);
      return out.mimeIn && call ? out.mimeIn(call) : (sink.messages.at(-1)?.bytes ?? Buffer.alloc(0));
    };

    it.each(Object.entries(wholeMessages))('a whole message: %s', async (what, submitted) => {
      const message = await accepted(submitted);
      const { outcomes } = await send(message);
      if (out.refusesWhole?.includes(what)) {
        expect(outcomes.get(0)).toMatchObject({ kind: 'rejected', reply: { text: expect.stringMatching(/\.$/) } });
        return;
      }
      expect(outcomes.get(0)).toMatchObject({ kind: 'delivered' });
      const left = Buffer.from(lastMime());
      const whole = bytesOf(message);
      // SMTP ends lines (RFC 5321 section 4.1.1.4).
      const end = out.mimeIn || whole.toString('latin1').endsWith('\r\n') ? '' : '\r\n';
      expect(left.equals(Buffer.concat([whole, Buffer.from(end)]))).toBe(true);
      expect(await seenWhole(left)).toEqual(await seenWhole(Buffer.concat([submitted, Buffer.from(end)])));
    });

    it.each(Object.entries(madeMessages))('a message of parts: %s', async (_what, made) => {
      const before = vendor.calls.length + sink.messages.length;
      const message = messageOf(made);
      const outcome = (await send(message, made.rendered)).outcomes.get(0);
      if (made.refusedBy?.includes(out.type)) {
        expect(outcome).toMatchObject({
          kind: 'rejected',
          reply: { text: expect.stringMatching(/ takes .*\.$/) },
        });
        expect(vendor.calls.length + sink.messages.length).toBe(before);
        return;
      }
      expect(outcome).toMatchObject({ kind: 'delivered' });
      const call = vendor.taken.at(-1);
      const seen = out.partsIn && call ? out.partsIn(call) : await seenIn(lastMime(), made);
      expect(told(seen)).toEqual(told(asMade(made)));
    });
  });
}

/** As it is once a door has taken it in. */
async function accepted(submitted: Buffer): Promise<Message> {
  const {
    from,
    to,
    cc = [],
    subject,
    content,
    messageIdHeader = '',
  } = await readRawMessage(
    blobs,
    {
      ...{ door: 'smtp', id: '019ab0c2-0000-7000-8000-000000000001', now: 0, envelopeFrom: 'app@example.com' },
      ...{ rcpt: ['ann@example.com'], maxBytes: 1024 * 1024 },
      arrival: { by: 'mail.example.com', protocol: 'ESMTP', client: { helo: 'app', address: '192.0.2.7' } },
    },
    submitted,
  );
  return sampleMessage({}, { from, to, cc, subject, content, messageIdHeader, envelopeFrom: 'app@example.com' });
}

function bytesOf({ content }: Message): Buffer {
  if (content.kind !== 'raw' || !('bytes' in content.raw)) throw new Error('it is small and whole');
  return Buffer.from(content.raw.bytes);
}

function messageOf({ rendered, ...made }: MadeMessage): Message {
  const { headers, attachments = [], from, to, cc = [], replyTo } = made;
  return sampleMessage(headers ? { headers } : {}, {
    ...{ subject: rendered.subject, attachments, cc, ...(replyTo !== undefined && { replyTo }) },
    from: from ?? { email: 'app@example.com' },
    to: to ?? [{ email: 'ann@example.com' }],
  });
}

/** All that the parser finds, but for the field that a door adds. */
async function seenWhole(bytes: Buffer): Promise<unknown> {
  const { attachments, headerLines, headers: _, ...mail } = await simpleParser(bytes, { skipImageLinks: true });
  return {
    mail,
    headers: headerLines.filter(({ key }) => key !== 'received').map(({ line }) => line),
    attachments: attachments.map(({ content, ...one }) => ({ ...one, headers: undefined, content: hashOf(content) })),
  };
}

async function seenIn(bytes: Uint8Array, made: MadeMessage): Promise<Seen> {
  const mail = await simpleParser(Buffer.from(bytes), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
  });
  return {
    ...{ from: mailboxes(mail.from), to: mailboxes(mail.to), cc: mailboxes(mail.cc), replyTo: mailboxes(mail.replyTo) },
    ...{ subject: mail.subject ?? '', text: mail.text ?? '', html: mail.html || '' },
    files: mail.attachments.map((one) => fileOf(one.filename, one.contentType, one.cid, one.content)),
    headers: [...new Set((made.headers ?? []).map(([name]) => name))].flatMap((name) => valuesOf(mail, name)),
  };
}

function valuesOf({ headerLines }: ParsedMail, name: string): readonly (readonly [string, string])[] {
  const lines = headerLines.filter(({ key }) => key === name.toLowerCase());
  return lines.map(({ line }) => [
    name,
    libmime.decodeWords(
      line
        .slice(name.length + 1)
        .replaceAll(/\r\n(?=[ \t])/g, '')
        .trim(),
    ),
  ]);
}

function asMade({ rendered, ...made }: MadeMessage): Seen {
  const { from = { email: 'app@example.com' }, to = [{ email: 'ann@example.com' }], cc = [], replyTo = '' } = made;
  return {
    ...{ from: [from], to, cc, replyTo: listIn(replyTo), subject: rendered.subject },
    ...{ text: rendered.text ?? '', html: rendered.html ?? '', headers: made.headers ?? [] },
    files: (made.attachments ?? []).map(({ filename, contentType, contentId, content }) =>
      fileOf(filename, contentType, contentId, 'bytes' in content ? content.bytes : Buffer.alloc(0)),
    ),
  };
}

/** Without what no reader sees: line ends, and fields that each provider adds. */
function told({ text, html, headers, ...seen }: Seen) {
  const own = headers.filter(([name]) => !['message-id', 'x-pm-keepid'].includes(name.toLowerCase()));
  const lines = (body: string) => body.replaceAll('\r\n', '\n').trimEnd();
  return {
    ...seen,
    text: lines(text),
    html: lines(html),
    headers: own.map(([name, value]) => `${name}: ${value}`).sort(),
  };
}

function mailboxes(found: AddressObject | AddressObject[] | undefined): readonly Mailbox[] {
  return [found ?? []].flat().flatMap(({ value }) => value.map(({ address = '', name }) => mailbox(address, name)));
}

function listIn(list: string): readonly Mailbox[] {
  return addressparser(list, { flatten: true }).map(({ address, name }) => mailbox(address, name));
}

function mailbox(email: string, name: string): Mailbox {
  return name === '' ? { email } : { email, name };
}

function unquoted({ email, name = '' }: Mailbox): Mailbox {
  return mailbox(email, name.startsWith('"') ? name.slice(1, -1).replaceAll(/\\(.)/g, '$1') : name);
}

function fileOf(name = '', type = '', cid = '', content: Uint8Array): Seen['files'][number] {
  return { name, type, cid, hash: hashOf(content) };
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
