/** What a page hears of the event stream. The tabs of a browser share one connection where the browser can share. */

import { effect, signal } from '@preact/signals';
import { credentials, session } from './session.ts';
import { follow, type News } from './stream.ts';

/** Counts up when something happened. */
export const pulse = signal(0);
/** Whether the stream stands; undefined before anybody knows. */
export const isLive = signal<boolean | undefined>(undefined);

const hear = (news: News) => {
  if (news.kind === 'standing') {
    // What happened while it did not stand is not told again to who only hears that something happened.
    if (news.up && isLive.value === false) pulse.value += 1;
    isLive.value = news.up;
  } else pulse.value += 1;
};

/** Follows as the user who is signed in, for as long as the page is open. */
export function startLive(): void {
  const connect = typeof SharedWorker === 'undefined' ? ownConnection() : sharedConnection();
  effect(() => {
    const now = session.value;
    const mayRead = now.kind === 'person' ? !now.account.secondFactorMissing : now.kind === 'key';
    if (mayRead) connect(credentials(false));
  });
}

function sharedConnection(): (headers: Record<string, string>) => void {
  const { port } = new SharedWorker(document.documentElement.dataset.live ?? '', { name: 'iep-live' });
  port.onmessage = ({ data }: MessageEvent<News>) => hear(data);
  addEventListener('pagehide', () => port.postMessage('left'));
  let last: Record<string, string> = {};
  addEventListener('pageshow', ({ persisted }) => persisted && port.postMessage(last));
  return (headers) => {
    last = headers;
    port.postMessage(headers);
  };
}

function ownConnection(): (headers: Record<string, string>) => void {
  let running = new AbortController();
  return (headers) => {
    running.abort();
    running = new AbortController();
    void follow({ headers, signal: running.signal }, hear);
  };
}
