/** The one connection of a browser to the event stream: all its tabs hear of it what happens. */

import { follow, type News } from './stream.ts';

/** What a tab says when it begins, and again when another signs in: how to ask. */
export type Credentials = Readonly<Record<string, string>>;

const scope = self as unknown as { onconnect: ((event: MessageEvent) => void) | null };
const tabs = new Set<MessagePort>();
let asked: string | undefined;
let running = new AbortController();
let standing: News | undefined;

const tell = (news: News) => {
  if (news.kind === 'standing') standing = news;
  for (const tab of tabs) tab.postMessage(news);
};

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  tabs.add(port);
  port.onmessage = ({ data }: MessageEvent<Credentials | 'left'>) => {
    if (data === 'left') leave(port);
    else begin(data);
    if (standing !== undefined) port.postMessage(standing);
  };
};

function begin(headers: Credentials): void {
  const text = JSON.stringify(headers);
  if (text === asked) return;
  asked = text;
  running.abort();
  running = new AbortController();
  void follow({ headers, signal: running.signal }, tell);
}

function leave(port: MessagePort): void {
  tabs.delete(port);
  if (tabs.size > 0) return;
  running.abort();
  asked = undefined;
}
