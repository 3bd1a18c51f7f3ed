/** A server that speaks S3 on a loopback port, with one bucket, in a directory of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Options } from '../src/blobs/s3-client.ts';

export interface TestS3 {
  readonly options: S3Options;
  readonly directory: string;
  close(): Promise<void>;
}

export async function startS3(): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), 'iep-s3-server-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: 'mail' }],
  });
  const { port } = await server.run();
  return {
    directory,
    options: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket: 'mail',
      prefix: '',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      forcePathStyle: true,
      timeoutMs: 10_000,
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
