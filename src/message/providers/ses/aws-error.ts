/** What AWS calls an error, in whichever of the places where its services say it. */

import { textAt } from '../callbacks/fields.ts';

/** `MessageRejected`, of `com.amazonaws.ses#MessageRejected:http://…`; undefined where it has no name. */
export function awsErrorName(headers: Readonly<Record<string, string>>, body: unknown): string | undefined {
  return /^(?:[\w.]+#)?(\w{1,100})/.exec(headers['x-amzn-errortype'] ?? textAt(body, '__type') ?? '')?.[1];
}
