/** The thread that reads large JSON bodies: parses them, and decodes their attachments, away from everybody who waits. */

import { parentPort } from 'node:worker_threads';
import { IepError } from '../core/errors.ts';
import { decodeAttachments } from './decode-attachments.ts';
import { parseJson } from './json.ts';
import type { FromJsonThread, ToJsonThread } from './large-json.ts';

const port = parentPort;
if (port === null) throw new Error('this file runs in a worker thread');

port.on('message', (given: ToJsonThread) => {
  const { answer, buffers } = read(given);
  port.postMessage(answer, buffers);
});

function read({ id, bytes, reading }: ToJsonThread): { answer: FromJsonThread; buffers: ArrayBuffer[] } {
  try {
    const value = parseJson(bytes, reading);
    const buffers = decodeAttachments(value);
    return { answer: { id, kind: 'read', value }, buffers };
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    return { answer: { id, kind: 'refused', detail: error.message, errors: error.errors ?? [] }, buffers: [] };
  }
}
