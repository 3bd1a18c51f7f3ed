/**
 * Load over HTTP, in a process of its own: keep-alive connections that each send a request and wait for its answer.
 * Plain sockets and prepared requests, so that the generator takes little of the machine it shares with the server.
 * Takes its settings as JSON in the first argument and prints what it got as JSON.
 */

import { connect } from 'node:net';
import { MESSAGE_BYTES } from '../source.ts';

export interface HttpLoad {
  readonly port: number;
  readonly key: string;
  readonly connections: number;
  readonly requests: number;
  /** Messages a request; 1 goes to /v1/messages, more to /v1/messages/batch. */
  readonly batch: number;
  /** What each message is; absent: 4 KiB of HTML. */
  readonly message?: object;
  /** Of notifications instead, `batch` recipients a request: the subscribers `s0`, `s1` and so on. */
  readonly type?: string;
}

export interface HttpLoadResult {
  readonly seconds: number;
}

const plain = {
  from: { email: 'sender@example.com' },
  to: ['recipient@example.net'],
  subject: 'Load',
  htmlBody: `<p>${'x'.repeat(MESSAGE_BYTES - 7)}</p>`,
};
const load = JSON.parse(process.argv[2] ?? '') as HttpLoad;
const requestAt = load.type === undefined ? messages(load) : notifications(load, load.type);
let left = load.requests;

const began = performance.now();
await Promise.all(Array.from({ length: load.connections }, () => connection()));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - began) / 1000 } satisfies HttpLoadResult));

/** All the same. */
function messages({ batch, message = plain }: HttpLoad): (number: number) => Buffer {
  const body = batch === 1 ? message : { messages: Array(batch).fill(message) };
  const request = prepare(batch === 1 ? '/v1/messages' : '/v1/messages/batch', body);
  return () => request;
}

function notifications({ requests, batch }: HttpLoad, type: string): (number: number) => Buffer {
  const all = Array.from({ length: requests }, (_, number) => {
    const to = Array.from({ length: batch }, (_, at) => ({ subscriber: `s${number * batch + at}` }));
    return prepare('/v1/notifications', { type, to, data: { job: 'nightly-backup', number, ok: true } });
  });
  return (number) => all[number] ?? Buffer.alloc(0);
}

function prepare(path: string, content: object): Buffer {
  const body = Buffer.from(JSON.stringify(content));
  const fields = [`host: 127.0.0.1:${load.port}`, `x-api-key: ${load.key}`, 'content-type: application/json'];
  const head = [`POST ${path} HTTP/1.1`, ...fields, `content-length: ${body.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), body]);
}

/** One connection's share: sends until all requests are taken. Any answer but yes ends the run. */
function connection(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true });
    let answer = '';
    const next = () => {
      if (left === 0) return void socket.end(resolve);
      left -= 1;
      socket.write(requestAt(load.requests - 1 - left));
    };
    socket.setEncoding('latin1');
    socket.once('connect', next);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      answer += chunk;
      const size = answerSize(answer);
      if (size === undefined || answer.length < size) return;
      if (!isYes(answer)) reject(new Error(`refused: ${answer.slice(0, 500)}`));
      answer = answer.slice(size);
      next();
    });
  });
}

/** A batch answers for each of its messages, and a notification for each recipient. */
function isYes(answer: string): boolean {
  if (!/^HTTP\/1.1 20[02] /.test(answer)) return false;
  if (load.type !== undefined) return (answer.match(/"status":"(?:held|pending)"/g) ?? []).length === load.batch;
  return load.batch === 1 || (answer.match(/"messageId"/g) ?? []).length === load.batch;
}

/** Bytes of the whole answer, once its header is there. */
function answerSize(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, end)}`);
  return end + 4 + Number(length);
}
