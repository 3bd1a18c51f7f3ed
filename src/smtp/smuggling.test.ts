/** SMTP smuggling, over a real socket: no mix of dots, bare CRs and bare LFs hides a second message in the first. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { greet, openDoor, type TestDoor } from './door.testing.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());
beforeEach(() => {
  door.taken.length = 0;
});

const forms = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r.\n',
  '\n.\r',
  '\n\n.\n',
  '\n\n.\r\n',
  '\r\r.\r\r',
  '\r\n.\r\r\n',
  '\r\r\n.\r\r\n',
  '\r\n\n.\r\n',
  '\r\n.\0\r\n',
  '\r\n.\n\r\n',
  '\r\n.\r \n',
];

const ENVELOPE = 'MAIL FROM:<app@example.com>\r\nRCPT TO:<user@example.net>\r\nDATA\r\n';
const HIDDEN = 'MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n';

/** The body as it must be kept: what stands alone on no line of its own is content, and lines end in CRLF. */
function kept(body: string): string {
  return body.replace(/(?<=\r\n)\.(?![\r\n])/g, '').replace(/\r\n|\r|\n/g, '\r\n');
}

test.each(forms)('%j is content, wherever the bytes are cut', async (form) => {
  const body = `before${form}${HIDDEN}`;
  const data = `Subject: first\r\n\r\n${body}.\r\n`;
  const formAt = data.indexOf(form);
  // Every cut within the form and around it, each in a session of its own; and all of it at once.
  const cuts = Array.from({ length: form.length + 3 }, (_, index) => formAt - 1 + index);
  for (const cut of [...cuts, 0]) {
    door.taken.length = 0;
    const client = await greet(door.port);
    client.send(`${ENVELOPE}`);
    for (let n = 0; n < 3; n++) await client.reply();
    client.send(data.slice(0, cut));
    await flushed(client.socket);
    client.send(`${data.slice(cut)}NOOP\r\nQUIT\r\n`);

    expect(await client.reply()).toMatch(/^250 2\.0\.0 queued as /);
    expect(await client.reply()).toMatch(/^250 2\.0\.0 OK/);
    expect(await client.reply()).toMatch(/^221 /);
    expect(await client.rest()).toBe('');
    expect(door.taken).toHaveLength(1);
    const content = door.taken[0]?.content ?? '';
    expect(content.slice(content.indexOf('\r\n\r\n') + 4)).toBe(kept(body));
    expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  }
});

test('byte by byte, too', async () => {
  const body = `${forms.join('x')}${HIDDEN}`;
  const client = await greet(door.port);
  client.send(ENVELOPE);
  for (let n = 0; n < 3; n++) await client.reply();
  for (const byte of Buffer.from(`Subject: s\r\n\r\n${body}.\r\n`, 'latin1')) {
    client.send(Buffer.from([byte]));
    await flushed(client.socket);
  }
  expect(await client.reply()).toMatch(/^250 /);
  expect(door.taken).toHaveLength(1);
  expect(door.taken[0]?.content.endsWith(`\r\n\r\n${kept(body)}`)).toBe(true);
  client.close();
});

test('dots are unstuffed once, and only at the start of a line', async () => {
  const client = await greet(door.port);
  client.send(`${ENVELOPE}Subject: s\r\n\r\n..\r\n..a\r\n...\r\nb..\r\n.\r\n`);
  for (const code of ['250', '250', '354', '250']) expect(await client.reply()).toMatch(new RegExp(`^${code}`));
  expect(door.taken[0]?.content).toMatch(/\r\n\r\n\.\r\n\.a\r\n\.\.\r\nb\.\.\r\n$/);
  client.close();
});

test('what is pipelined after the end of data are commands, and wait for the reply', async () => {
  const client = await greet(door.port);
  const message = 'Subject: s\r\n\r\nbody\r\n.\r\n';
  client.send(`${ENVELOPE}${message}${ENVELOPE}${message}RSET\r\n${ENVELOPE}${message}QUIT\r\n`);
  const codes = [];
  for (let n = 0; n < 14; n++) codes.push((await client.reply()).slice(0, 3));
  expect(codes.join(' ')).toBe('250 250 354 250 250 250 354 250 250 250 250 354 250 221');
  expect(door.taken).toHaveLength(3);
});

test('a message whose end never comes is not taken, nor is a command without its line end', async () => {
  const cutOff = await greet(door.port);
  cutOff.send(`${ENVELOPE}Subject: s\r\n\r\nbody\r\n.\r`);
  for (let n = 0; n < 3; n++) await cutOff.reply();
  cutOff.socket.end();
  await cutOff.rest();

  const halfLine = await greet(door.port);
  halfLine.socket.end('NOOP\r\nMAIL FROM:<app@example.com>');
  expect(await halfLine.reply()).toMatch(/^250 2\.0\.0 OK/);
  expect(await halfLine.rest()).toBe('');
  expect(door.taken).toEqual([]);
});

test('a client that has sent everything and closed its side still hears all replies', async () => {
  const client = await greet(door.port);
  const message = `${ENVELOPE}Subject: s\r\n\r\nbody\r\n.\r\n`;
  client.socket.end(`${message.repeat(20)}QUIT\r\n`);
  const replies = (await client.rest()).split('\r\n');
  expect(replies.filter((reply) => reply.startsWith('250 2.0.0 queued as '))).toHaveLength(20);
  expect(replies.at(-2)).toMatch(/^221 /);
});

/** The bytes have left this process, so that the next ones come in a chunk of their own. */
function flushed(socket: { write(data: string, done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => socket.write('', () => setImmediate(resolve)));
}
