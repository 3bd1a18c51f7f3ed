/** What a handler answers, as data; `serve.ts` makes the one Response of it. */

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(value: unknown, status = 200, headers?: Reply['headers']): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value), ...(headers && { headers }) };
}

export function noContent(): Reply {
  return { status: 204, type: '', body: null };
}

/** Bytes or text of another type; `filename` offers it as a download of that name. */
export function ofType(input: { type: string; body: Reply['body']; filename?: string }): Reply {
  const { type, body, filename } = input;
  return {
    status: 200,
    type,
    body,
    ...(filename !== undefined && { headers: { 'content-disposition': `attachment; filename="${filename}"` } }),
  };
}

/** Server-sent events. Proxies pass each on as it comes: nginx, and what learnt from it, would gather them otherwise. */
export function eventStream(body: ReadableStream<Uint8Array>): Reply {
  const headers = { 'x-accel-buffering': 'no', 'cache-control': 'no-store, no-transform' };
  return { status: 200, type: 'text/event-stream', body, headers };
}
