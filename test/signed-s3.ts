/**
 * The few calls of S3 that IEP makes, as Amazon documents them, in memory. It checks what s3rver does not: every signature
 * (Signature Version 4) and the hash of every body; and it lists in small pages.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { S3Options } from '../src/blobs/s3-client.ts';
import { sha256, signatureFault } from './aws-signature.ts';

const PAGE = 100;
const ACCESS = { accessKeyId: 'AKTEST', secretAccessKey: 'a secret with / and +', region: 'eu-test-1' };

export interface SignedS3 {
  readonly options: S3Options;
  close(): Promise<void>;
}

export async function startSignedS3(): Promise<SignedS3> {
  const objects = new Map<string, { readonly bytes: Buffer; readonly at: Date }>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const fault = faultOf(request, body);
    if (fault !== undefined) return void response.writeHead(403).end(`<Error><Code>${fault}</Code></Error>`);
    const url = new URL(request.url ?? '', 'http://s3');
    const key = url.pathname.slice('/mail/'.length);
    const found = objects.get(key);
    if (url.searchParams.has('list-type')) return void response.writeHead(200).end(list(url.searchParams));
    if (request.method === 'DELETE') {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (request.method === 'GET') {
      return void (found ? response.writeHead(200).end(found.bytes) : noSuchKey(response));
    }
    const source = request.headers['x-amz-copy-source'];
    if (source === undefined) {
      objects.set(key, { bytes: body, at: new Date() });
      return void response.writeHead(200).end();
    }
    const copied = objects.get(String(source).slice('/mail/'.length));
    if (copied === undefined) return noSuchKey(response);
    objects.set(key, { bytes: copied.bytes, at: new Date() });
    response.writeHead(200).end('<CopyObjectResult></CopyObjectResult>');
  }

  function list(query: URLSearchParams): string {
    const after = query.get('continuation-token')?.replace(/^<&"/, '') ?? '';
    const prefix = query.get('prefix') ?? '';
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, PAGE).map((key) => {
      const { bytes, at } = objects.get(key) as { bytes: Buffer; at: Date };
      const size = `<Size>${bytes.length}</Size>`;
      return `<Contents><Key>${key}</Key><LastModified>${at.toISOString()}</LastModified>${size}</Contents>`;
    });
    // Tokens are opaque, so this one has what XML and URLs must escape.
    const next =
      keys.length > PAGE ? `<NextContinuationToken>&lt;&amp;&quot;${keys[PAGE - 1]}</NextContinuationToken>` : '';
    return `<ListBucketResult>${page.join('')}${next}</ListBucketResult>`;
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    options: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...ACCESS,
      bucket: 'mail',
      prefix: '',
      forcePathStyle: true,
      timeoutMs: 10_000,
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function noSuchKey(response: ServerResponse): void {
  response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
}

/** docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function faultOf(request: IncomingMessage, body: Buffer): string | undefined {
  const { headers, method = '', url: path = '' } = request;
  if (headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  return signatureFault(
    { method, path, headers, body },
    { ...ACCESS, service: 's3', mustSign: ['host', 'x-amz-content-sha256', 'x-amz-date'] },
  );
}
