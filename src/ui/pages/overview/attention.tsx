/** What needs attention, in words, each with the way to mend it; nothing where all is well. */

import type { ComponentChildren } from 'preact';
import { call } from '../../api/call.ts';
import type { Provider, Queue, Stats } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { countText } from '../../kit/time.tsx';
import { standingOf } from '../providers/standing.ts';

const LATE_MS = 10 * 60_000;

interface Matter {
  readonly key: string;
  readonly sentence: string;
  readonly mend: ComponentChildren;
}

export function Attention({ stats }: { stats: Stats | undefined }) {
  const providers = useData('GET /v1/admin/providers', {}, 'steady');
  const queue = useData('GET /v1/admin/queue', {}, 'steady');
  const matters = [
    ...ofProviders(providers.data?.items ?? []),
    ...ofQueue(queue.data, queue.refresh),
    ...ofRefused(stats?.byTenant ?? []),
  ];
  if (matters.length === 0) return null;
  return (
    <section class="attention" aria-label="What needs attention">
      <ul>
        {matters.map(({ key, sentence, mend }) => (
          <li key={key} class="note" data-tone="bad">
            <span>{sentence}</span>
            {mend}
          </li>
        ))}
      </ul>
    </section>
  );
}

function ofRefused(tenants: NonNullable<Stats['byTenant']>): readonly Matter[] {
  return tenants
    .filter(({ refused }) => refused.rateLimited > 0)
    .map(({ tenant, refused: { rateLimited } }) => ({
      key: `refused ${tenant}`,
      sentence: `${tenant} is over its rate limit: ${countText(rateLimited)} messages were refused.`,
      mend: (
        <a class="button small" href="/ui/tenants">
          Change its limits
        </a>
      ),
    }));
}

function ofProviders(items: readonly Provider[]): readonly Matter[] {
  return items
    .map((provider) => ({ provider, standing: standingOf(provider) }))
    .filter(({ standing }) => standing.tone === 'bad')
    .map(({ provider: { name }, standing: { word, sentence } }) => ({
      key: `provider ${name}`,
      sentence: `Provider ${name}: ${word}${sentence === undefined ? '' : `. ${sentence}`}`,
      mend: (
        <a class="button small" href={`/ui/providers#${name}`}>
          Test or change it
        </a>
      ),
    }));
}

function ofQueue(queue: Queue | undefined, refresh: () => void): readonly Matter[] {
  if (queue === undefined) return [];
  const resume = (tenant?: string) => (
    <Action
      look="small"
      run={async () => {
        await call('POST /v1/admin/queue/resume', { body: tenant === undefined ? {} : { tenant } });
        refresh();
        return 'Mail goes out again';
      }}
    >
      Resume
    </Action>
  );
  const whole = queue.paused
    ? [{ key: 'paused', sentence: 'The whole queue is paused: mail is accepted and waits.', mend: resume() }]
    : [];
  const paused = new Set(queue.items.filter((row) => row.paused && !queue.paused).map(({ tenant }) => tenant));
  const late = queue.items.filter(
    (row) => row.due > 0 && !row.paused && !queue.paused && Date.now() - Date.parse(row.oldestAt) > LATE_MS,
  );
  return [
    ...whole,
    ...[...paused].map((tenant) => ({
      key: `paused ${tenant}`,
      sentence: `Mail of ${tenant} is paused and waits.`,
      mend: resume(tenant),
    })),
    ...late.map(({ tenant, lane, due }) => ({
      key: `late ${tenant} ${lane}`,
      sentence: `${due} messages of ${tenant} (${lane}) are due and have waited for more than ten minutes.`,
      mend: (
        <a class="button small" href="/ui/queue">
          Look at the queue
        </a>
      ),
    })),
  ];
}
