/** Checks signatures of requests as Amazon documents them (Signature Version 4), without the code that makes them. */

import { createHash, createHmac } from 'node:crypto';

export interface SignedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string | Buffer;
}

export interface SignedBy {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  /** Fields of the header without which a signature says nothing. */
  readonly mustSign: readonly string[];
}

/** Undefined where the signature is good, else the code that Amazon answers. */
export function signatureFault(call: SignedCall, by: SignedBy): string | undefined {
  const { method, headers, body } = call;
  const scopeOf = (day: string) => `${day}/${by.region}/${by.service}/aws4_request`;
  const pattern = /^AWS4-HMAC-SHA256 Credential=([\w/-]+), ?SignedHeaders=([\w;-]+), ?Signature=(\w+)$/;
  const [, credential = '', names = '', signature] = pattern.exec(String(headers.authorization ?? '')) ?? [];
  const [, day = ''] = credential.split('/');
  if (credential !== `${by.accessKeyId}/${scopeOf(day)}`) return 'AccessDenied';
  const signed = names.split(';');
  if (by.mustSign.some((required) => !signed.includes(required))) return 'AccessDenied';
  const [path = '', query = ''] = call.path.split('?');
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = [method, path, pairs.join('&'), lines, names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scopeOf(day), sha256(canonical)].join('\n');
  const key = [by.region, by.service, 'aws4_request'].reduce(hmac, hmac(`AWS4${by.secretAccessKey}`, day));
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
