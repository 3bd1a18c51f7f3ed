/**
 * Open dashboards, in a process of their own: each follows the event stream and asks, at most once a second where something happened, what
 * the overview and the list of messages ask. Takes its settings as JSON in the first argument, and runs until it is ended.
 */

export interface Dashboards {
  readonly url: string;
  readonly key: string;
  readonly count: number;
}

const { url, key, count } = JSON.parse(process.argv[2] ?? '') as Dashboards;
const headers = { 'x-api-key': key };
const GATHER_MS = 1_000;
const STEADY_MS = 4_000;

async function ask(path: string): Promise<void> {
  const response = await fetch(url + path, { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await response.arrayBuffer();
}

async function open(): Promise<void> {
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const look = () => Promise.all([ask(`/v1/stats?by=tenant&from=${from}`), ask('/v1/messages?limit=50')]);
  setInterval(() => Promise.all([ask('/v1/admin/queue'), ask('/v1/admin/providers')]), STEADY_MS);
  await look();
  const response = await fetch(`${url}/v1/events/stream?gist=true`, { headers });
  let waits = false;
  for await (const _ of response.body ?? []) {
    if (waits) continue;
    waits = true;
    setTimeout(() => {
      waits = false;
      void look();
    }, GATHER_MS);
  }
}

await Promise.all(Array.from({ length: count }, open));
