/** The thread that makes the key pairs of one domain, and ends. */

import { parentPort } from 'node:worker_threads';
import { keyPairs } from './key-pairs.ts';

if (parentPort === null) throw new Error('this file runs in a worker thread');
parentPort.postMessage(keyPairs());
