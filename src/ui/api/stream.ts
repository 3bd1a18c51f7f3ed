/** The event stream of the daemon, read by fetch so that any credentials may go with it; it comes back by itself. */

/** What the followers hear: that something happened, at most about once a second, or whether the stream stands. */
export type News =
  | { readonly kind: 'events'; readonly count: number }
  | { readonly kind: 'standing'; readonly up: boolean };

const GATHER_MS = 1_000;
/** The daemon speaks every 15 s. */
const SILENT_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Follows until `signal` aborts. `headers` say who asks. */
export async function follow(
  { headers, signal }: { headers: Readonly<Record<string, string>>; signal: AbortSignal },
  tell: (news: News) => void,
): Promise<void> {
  const gather = createGathering(tell);
  let lastId: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const heard = await readOnce(
      { ...headers, ...(lastId !== undefined && { 'last-event-id': lastId }) },
      signal,
      (chunk) => {
        if (chunk === 'open') tell({ kind: 'standing', up: true });
        else gather(countEvents(chunk));
        lastId = lastIdOf(chunk) ?? lastId;
        pauseMs = FIRST_PAUSE_MS;
      },
    );
    // The id is forgotten where the daemon knows it no longer, as after a restore.
    if (heard === 'refused') lastId = undefined;
    if (signal.aborted) return;
    tell({ kind: 'standing', up: false });
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function readOnce(
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  hear: (chunk: string) => void,
): Promise<'ended' | 'refused'> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const response = await fetch('/v1/events/stream?gist=true', {
      headers,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) return 'refused';
    hear('open');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      hear(value);
    }
  } catch {
    return 'ended';
  } finally {
    clearTimeout(timer);
  }
}

const countEvents = (chunk: string) => chunk.split('\nevent: ').length - 1;

function lastIdOf(chunk: string): string | undefined {
  const at = chunk.lastIndexOf('id: ');
  const end = at < 0 ? -1 : chunk.indexOf('\n', at);
  return end < 0 || (at > 0 && chunk[at - 1] !== '\n') ? undefined : chunk.slice(at + 4, end);
}

function createGathering(tell: (news: News) => void): (count: number) => void {
  let count = 0;
  let waits = false;
  let toldAt = 0;
  const out = () => {
    waits = false;
    toldAt = Date.now();
    tell({ kind: 'events', count });
    count = 0;
  };
  return (more) => {
    if (more === 0) return;
    count += more;
    if (!waits) setTimeout(out, Math.max(0, toldAt + GATHER_MS - Date.now()));
    waits = true;
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
