/** Mail over time as bars, by what became of it; the same numbers as a table for who cannot see them. */

import type { Stats } from '../../api/types.ts';
import { countText } from '../../kit/time.tsx';

const kinds = [
  ['good', 'sent or delivered', ['sent', 'delivered']],
  ['info', 'open', ['queued', 'processing', 'scheduled']],
  ['warn', 'suppressed or cancelled', ['suppressed', 'cancelled']],
  ['bad', 'failed, bounced or complained', ['failed', 'bounced', 'complained']],
] as const;

const HEIGHT = 120;
const WIDTH = 1_000;

export function Chart({ stats }: { stats: Stats }) {
  const { bucket } = stats;
  const buckets = withoutGaps(stats);
  const sums = buckets.map(({ byStatus }) =>
    kinds.map(([, , statuses]) => statuses.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0)),
  );
  const most = Math.max(1, ...sums.map((parts) => parts.reduce((a, b) => a + b, 0)));
  const step = WIDTH / Math.max(1, buckets.length);
  const nameOf = labelOf(bucket);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {sums.map((parts, at) => (
          <Bar
            key={buckets[at]?.at}
            x={at * step}
            width={Math.max(1, step - 3)}
            parts={parts}
            most={most}
            label={nameOf(buckets[at]?.at ?? '')}
          />
        ))}
      </svg>
      <div class="chart-ends faint">
        <span>{nameOf(buckets[0]?.at ?? '')}</span>
        <span>most: {countText(most)}</span>
        <span>{nameOf(buckets.at(-1)?.at ?? '')}</span>
      </div>
      <figcaption class="legend">
        {kinds.map(([tone, word]) => (
          <span key={tone} data-tone={tone}>
            {word}
          </span>
        ))}
      </figcaption>
      <div class="sr">
        <table>
          <caption>Mail by the {bucket}</caption>
          <tbody>
            {sums.map((parts, at) => (
              <tr key={buckets[at]?.at}>
                <th scope="row">{nameOf(buckets[at]?.at ?? '')}</th>
                {parts.map((count, kind) => (
                  <td key={kinds[kind]?.[0]}>{`${count} ${kinds[kind]?.[1]}`}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** What nothing happened in is left out of the answer. */
function withoutGaps({ buckets, bucket, from, to }: Stats): Stats['buckets'] {
  const stepMs = bucket === 'hour' ? 3_600_000 : 86_400_000;
  const known = new Map(buckets.map((one) => [Date.parse(one.at), one]));
  const first = Math.floor(Date.parse(from) / stepMs) * stepMs;
  const count = Math.ceil((Date.parse(to) - first) / stepMs);
  return Array.from({ length: count }, (_, at) => {
    const time = first + at * stepMs;
    return known.get(time) ?? { at: new Date(time).toISOString(), byStatus: {} };
  });
}

interface BarProps {
  readonly x: number;
  readonly width: number;
  readonly parts: readonly number[];
  readonly most: number;
  readonly label: string;
}

function Bar({ x, width, parts, most, label }: BarProps) {
  let top = HEIGHT;
  return (
    <g>
      <title>{`${label}: ${countText(parts.reduce((a, b) => a + b, 0))}`}</title>
      <rect x={x} y={0} width={width} height={HEIGHT} class="chart-ground" />
      {parts.map((count, kind) => {
        const height = (count / most) * HEIGHT;
        top -= height;
        return <rect key={kinds[kind]?.[0]} x={x} y={top} width={width} height={height} data-tone={kinds[kind]?.[0]} />;
      })}
    </g>
  );
}

function labelOf(bucket: 'hour' | 'day'): (at: string) => string {
  const format = new Intl.DateTimeFormat(
    undefined,
    bucket === 'hour' ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { dateStyle: 'medium' },
  );
  return (at) => (at === '' ? '' : format.format(new Date(at)));
}
