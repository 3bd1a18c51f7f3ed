/** The answer to a call, whatever carried it. Not a Response of fetch, which costs a script 20 ms to load. */

import { buffer } from 'node:stream/consumers';

export interface ApiResponse {
  readonly status: number;
  /** `name` in small letters. */
  header(name: string): string | undefined;
  /** As it comes; to be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the body, read or not. */
  cancel(): void;
}

export function isSuccess({ status }: ApiResponse): boolean {
  return status >= 200 && status < 300;
}

export function bytesOf({ body }: ApiResponse): Promise<Buffer> {
  return buffer(body);
}

export async function textOf(answer: ApiResponse): Promise<string> {
  return (await bytesOf(answer)).toString('utf8');
}

/** The answer of a route that was called in this process. */
export function responseOf(response: Response): ApiResponse {
  const reader = response.body?.getReader();
  async function* body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const read = await reader?.read();
      if (read === undefined || read.done) return;
      yield read.value;
    }
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: body(),
    cancel: () => void reader?.cancel().catch(() => undefined),
  };
}
