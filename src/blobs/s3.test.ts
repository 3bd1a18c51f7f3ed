/** S3 against a server that speaks its protocol, over real sockets, and what is said when it does not answer. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { startS3 } from '../../test/s3.ts';
import { startSignedS3 } from '../../test/signed-s3.ts';
import { systemClock } from '../core/clock.ts';
import { blobsSuite } from './blobs.suite.ts';
import { blobPath } from './blobs.ts';
import { createS3Blobs } from './s3.ts';
import { createS3Client } from './s3-client.ts';

for (const [name, start] of [
  ['s3rver', startS3],
  ['a server that checks signatures', startSignedS3],
] as const) {
  blobsSuite(`S3, ${name}`, async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'iep-s3-'));
    const s3 = await start();
    return {
      blobs: await createS3Blobs(temporary, { ...s3.options, prefix: 'iep/mail/' }),
      async damage(blob, bytes) {
        const client = createS3Client({ ...s3.options, prefix: 'iep/mail/' }, systemClock);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const body = { open: () => Readable.from([bytes]), size: bytes.length, sha256 };
        await client.text(await client.send({ method: 'PUT', key: `iep/mail/${blobPath(blob)}`, body }));
      },
      async cleanUp() {
        expect(await readdir(temporary)).toEqual([]);
        await s3.close();
        await rm(temporary, { recursive: true });
      },
    };
  });
}

describe('S3', () => {
  let temporary: string;
  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'iep-s3-'));
  });
  afterEach(() => rm(temporary, { recursive: true }));

  const options = { region: 'us-east-1', bucket: 'mail', prefix: '', forcePathStyle: true, timeoutMs: 300 };
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

  it('lists more than one page', async () => {
    const s3 = await startSignedS3();
    const blobs = await createS3Blobs(temporary, s3.options);
    const contents = Array.from({ length: 250 }, (_, n) => Buffer.from(`${n}`));
    await Promise.all(contents.map((bytes) => blobs.put(bytes)));
    const names = new Set<string>();
    for await (const { blob } of blobs.list()) names.add(blob);
    expect(names.size).toBe(contents.length);
    await s3.close();
  });

  it('refuses with the service’s reason where the secret is wrong', async () => {
    const s3 = await startSignedS3();
    const blobs = await createS3Blobs(temporary, { ...s3.options, secretAccessKey: 'wrong' });
    const refused = { code: 'store_unavailable', message: expect.stringContaining('SignatureDoesNotMatch') };
    await expect(blobs.put(Buffer.from('x'))).rejects.toMatchObject(refused);
    await s3.close();
  });

  it('says of a bucket that is not there that it cannot be used, and not that its content is gone', async () => {
    const s3 = await startS3();
    const blobs = await createS3Blobs(temporary, { ...s3.options, bucket: 'nowhere' });
    const refused = { code: 'store_unavailable', message: expect.stringContaining('NoSuchBucket') };
    await expect(blobs.read('a'.repeat(64))).rejects.toMatchObject(refused);
    await expect(buffer(blobs.stream('a'.repeat(64)))).rejects.toMatchObject(refused);
    await s3.close();
  });

  it('refuses for now, and keeps nothing locally, while the service is away', async () => {
    const blobs = await createS3Blobs(temporary, { ...options, ...credentials, endpoint: 'http://127.0.0.1:1' });
    await expect(blobs.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store_unavailable' });
    const writer = await blobs.create();
    await writer.write(Buffer.from('x'));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'store_unavailable' });
    await writer.abort();
    await expect(blobs.read('a'.repeat(64))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('is taken to be away where not even a connection comes about', async () => {
    const full = await startFull();
    const blobs = await createS3Blobs(temporary, { ...options, ...credentials, timeoutMs: 10_000, endpoint: full.url });
    await expect(blobs.put(Buffer.from('x'))).rejects.toThrow('it was silent');
    full.close();
  });

  describe('whose server', () => {
    let server: Server | undefined;
    afterEach(async () => {
      server?.closeAllConnections();
      await new Promise((resolve) => server?.close(resolve));
    });
    async function served(listener: Parameters<typeof createServer>[1]) {
      server = createServer(listener);
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return createS3Blobs(temporary, { ...options, ...credentials, endpoint: `http://127.0.0.1:${port}` });
    }

    it('never answers is taken to be away', async () => {
      const blobs = await served(() => undefined);
      await expect(blobs.put(Buffer.from('x'))).rejects.toThrow('it was silent');
    });

    it('refuses is told of without its document, which may name the key', async () => {
      const blobs = await served((_request, response) =>
        response
          .writeHead(403)
          .end('<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>SECRET</AWSAccessKeyId></Error>'),
      );
      const error: unknown = await blobs.put(Buffer.from('x')).catch((reason: unknown) => reason);
      expect(String(error)).toContain('SignatureDoesNotMatch');
      expect(String(error)).not.toContain('SECRET');
    });

    it('breaks off in the middle of an answer is away, and no fault of ours', async () => {
      const blobs = await served((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-length': '100' }).write('x');
        setImmediate(() => response.destroy());
      });
      await expect(blobs.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'store_unavailable' });
      await expect(blobs.read('a'.repeat(64))).rejects.toMatchObject({ code: 'store_unavailable' });
    });

    it('answers something else to a read is told of without its document', async () => {
      const document = `<Error><Code>InvalidRequest</Code><AWSAccessKeyId>SECRET</AWSAccessKeyId></Error>`;
      const blobs = await served((_request, response) => response.writeHead(400).end(document));
      const error: unknown = await blobs.read('a'.repeat(64)).catch((reason: unknown) => reason);
      expect(String(error)).toContain('InvalidRequest');
      expect(String(error)).not.toContain('SECRET');
    });

    it('breaks off in the middle of a stream is away, too', async () => {
      const blobs = await served((_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('x');
        setImmediate(() => response.destroy());
      });
      await expect(buffer(blobs.stream('a'.repeat(64)))).rejects.toMatchObject({ code: 'store_unavailable' });
    });

    it('fails once is asked once more', async () => {
      let asked = 0;
      const blobs = await served((request, response) => {
        asked += 1;
        request.resume().on('end', () => response.writeHead(asked === 1 ? 503 : 200).end());
      });
      await blobs.put(Buffer.from('x'));
      expect(asked).toBe(2);
    });
  });
});

/** A port whose system answers to no further connection, like that of a host which is gone. */
async function startFull() {
  const code = `const s = require('net').createServer().listen(0, '127.0.0.1', 1, () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const filling = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined));
  await eventually(() => expect(filling.some(({ connecting }) => !connecting)).toBe(true));
  return {
    url: `http://127.0.0.1:${Number(port)}`,
    close() {
      for (const socket of filling) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
