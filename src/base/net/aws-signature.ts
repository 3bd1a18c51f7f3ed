/** Signs requests to Amazon's services, and to those that speak their protocols: Signature Version 4. */

import { AwsV4Signer } from 'aws4fetch';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that end. */
  readonly sessionToken?: string | undefined;
}

export interface AwsRequest {
  readonly method: string;
  readonly url: string;
  /** All that is to be signed. A hash of the body in `x-amz-content-sha256` spares reading it here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * Keys that signatures are made with, each good for a day: to make one takes longer than all the rest. Kept by who signs; empty at
 * first.
 */
export type SigningKeys = Map<string, ArrayBuffer>;

/** Of a day, and that of the day before while one gives way to the other; for credentials that change meanwhile. */
const MAX_KEYS = 8;

/** The header of the request with its signature. `now`: epoch ms; services take one that is minutes away for forged or old. */
export async function awsSigned(
  request: AwsRequest,
  by: {
    readonly credentials: AwsCredentials;
    readonly service: string;
    readonly region: string;
    readonly now: number;
    readonly keys: SigningKeys;
  },
): Promise<Readonly<Record<string, string>>> {
  const { accessKeyId, secretAccessKey, sessionToken } = by.credentials;
  if (by.keys.size > MAX_KEYS) by.keys.clear();
  const { headers } = await new AwsV4Signer({
    ...request,
    headers: { ...request.headers },
    ...{ accessKeyId, secretAccessKey, service: by.service, region: by.region, cache: by.keys },
    ...(sessionToken !== undefined && { sessionToken }),
    datetime: new Date(by.now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  }).sign();
  return Object.fromEntries(headers);
}
