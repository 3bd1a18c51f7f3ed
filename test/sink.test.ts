import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createSink, type Sink, type SinkOptions } from './sink.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function sinkWith(options?: SinkOptions): Promise<Sink> {
  const sink = await createSink(options);
  cleanups.push(() => sink.close());
  return sink;
}

/** Says all lines at once and answers with all that came back until the sink closed. */
async function talk(sink: Sink, ...lines: readonly string[]): Promise<string> {
  const socket: Socket = connect(sink.port, sink.host);
  cleanups.push(() => void socket.destroy());
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(Buffer.from(chunk)));
  socket.on('error', () => undefined);
  socket.end(lines.map((line) => `${line}\r\n`).join(''));
  await once(socket, 'close');
  return Buffer.concat(heard).toString();
}

const codes = (heard: string) => [...heard.matchAll(/^(\d{3})(?: |$)/gm)].map(([, code]) => code).join(' ');
const mail = ['EHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'Subject: x', '', '..dot', '.', 'QUIT'];

it('takes a message whose commands all come at once', async () => {
  const sink = await sinkWith();
  expect(codes(await talk(sink, ...mail))).toBe('220 250 250 250 354 250 221');
  const [message] = await sink.received(1);
  expect(message).toMatchObject({ from: 'a@b', to: ['c@d'] });
  expect(message?.bytes.toString()).toBe('Subject: x\r\n\r\n.dot\r\n');
});

it('refuses, and records only what it took', async () => {
  const sink = await sinkWith();
  sink.script(({ step, argument }) => (step === 'RCPT' && argument === 'c@d' ? '550 5.1.1 no' : undefined));
  expect(codes(await talk(sink, ...mail))).toContain('250 550 554');
  expect(sink.messages).toEqual([]);
});

it('takes a message and drops the connection without a word', async () => {
  const sink = await sinkWith();
  sink.script(({ step }) => (step === 'dot' ? { keep: true, end: 'drop' } : undefined));
  expect(codes(await talk(sink, ...mail))).toBe('220 250 250 250 354');
  expect(sink.messages).toHaveLength(1);
});

it('waits with an answer until told', async () => {
  const sink = await sinkWith();
  let answer: (reply: string) => void = () => undefined;
  sink.script(({ step }) => (step === 'DATA' ? new Promise((resolve) => (answer = resolve)) : undefined));
  const talking = talk(sink, ...mail);
  await sink.reached('DATA');
  expect(sink.messages).toEqual([]);
  answer('354 now');
  expect(codes(await talking)).toBe('220 250 250 250 354 250 221');
});

it('wants a login where it has users', async () => {
  const sink = await sinkWith({ users: { app: 'secret' } });
  const plain = (password: string) => `AUTH PLAIN ${Buffer.from(`\0app\0${password}`).toString('base64')}`;
  expect(codes(await talk(sink, 'EHLO x', 'MAIL FROM:<a@b>', plain('wrong'), plain('secret'), 'MAIL FROM:<a@b>'))).toBe(
    '220 250 530 535 235 250',
  );
});
