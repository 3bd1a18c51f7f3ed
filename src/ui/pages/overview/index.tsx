/** The platform at a glance: what needs attention, what was sent, what waits, and how the ways out are doing. */

import { isOperator } from '../../api/session.ts';
import type { Stats } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Page } from '../../kit/page.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { countText } from '../../kit/time.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { Attention } from './attention.tsx';
import { Chart } from './chart.tsx';
import { Lanes } from './lanes.tsx';
import { ProviderStates } from './provider-states.tsx';

const spans = [
  ['day', '24 hours', 1],
  ['week', '7 days', 7],
  ['month', '30 days', 30],
] as const;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export default function Overview() {
  const { values, set } = useFilters();
  const [name, , days] = spans.find(([one]) => one === values.span) ?? spans[0];
  // Whole hours, so that the question stays the same from one look to the next.
  const from = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS - days * DAY_MS).toISOString();
  const stats = useData('GET /v1/stats', { query: { from, ...(isOperator() && { by: 'tenant' as const }) } }, 'live');
  return (
    <Page title="Overview" live>
      {isOperator() && <Attention stats={stats.data} />}
      <Panel
        title="Mail"
        aside={
          <select aria-label="Time" value={name} onChange={(event) => set({ span: event.currentTarget.value })}>
            {spans.map(([one, word]) => (
              <option key={one} value={one}>
                {word}
              </option>
            ))}
          </select>
        }
      >
        <Loaded of={stats}>
          {(data) => (
            <>
              <Figures stats={data} from={from} />
              <Chart stats={data} />
            </>
          )}
        </Loaded>
      </Panel>
      {isOperator() && (
        <div class="columns even">
          <Lanes />
          <ProviderStates />
        </div>
      )}
    </Page>
  );
}

const shown = ['sent', 'delivered', 'failed', 'bounced', 'complained', 'suppressed'] as const;

function Figures({ stats: { total, byStatus }, from }: { stats: Stats; from: string }) {
  return (
    <ul class="figures">
      <li>
        <a href={`/ui/messages?since=${from}`}>
          <strong>{countText(total)}</strong> accepted
        </a>
      </li>
      {shown.map((status) => (
        <li key={status}>
          <a href={`/ui/messages?status=${status}&since=${from}`}>
            <strong>{countText(byStatus[status] ?? 0)}</strong> {status}
          </a>
        </li>
      ))}
    </ul>
  );
}
