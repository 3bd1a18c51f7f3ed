/** A call of the API of a daemon that is measured. */

import type { IepHome } from '../iep.ts';

export type Call = (method: string, path: string, request: { readonly body: string }) => Promise<string>;

export function callOf(home: Pick<IepHome, 'httpPort'>, key: string): Call {
  return async (method, path, { body }) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key };
    const response = await fetch(`http://127.0.0.1:${home.httpPort}${path}`, { method, headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} came to ${response.status}: ${text}`);
    return text;
  };
}
