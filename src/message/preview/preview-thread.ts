/** The thread that mail is read in for people: one message after another. */

import { parentPort } from 'node:worker_threads';
import { type Ask, type Looked, look } from './look.ts';

export interface ToPreview {
  readonly bytes: Uint8Array;
  readonly ask: Ask;
}

export type FromPreview = Looked;

const port = parentPort;
if (port === null) throw new Error('this file runs in a worker thread');

port.on('message', async ({ bytes, ask }: ToPreview) => {
  port.postMessage((await look(bytes, ask)) satisfies FromPreview);
});
