/** Lines over time. What draws them is loaded with the first chart; the same numbers stand in a table next to it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type Plot from 'uplot';

export interface Line {
  readonly name: string;
  /** Of `--series-…` in the tokens. */
  readonly colour: number;
  /** One for each of the times; null: nothing is known of it. */
  readonly values: readonly (number | null)[];
}

interface LineChartProps {
  readonly label: string;
  /** Epoch seconds, growing. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly valueText: (value: number) => string;
}

const HEIGHT = 260;
/** So that lines differ by more than their colour. */
const DASHES = [[], [6, 3], [2, 3], [10, 4, 2, 4], [12, 4], [3, 6]];

export function LineChart(props: LineChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const look = useLook();
  const drawn = JSON.stringify([props.label, props.times, props.lines]);
  useEffect(() => {
    let plot: Plot | undefined;
    let isGone = false;
    const { current: host } = box;
    if (host === null) return;
    const sized = new ResizeObserver(() => plot?.setSize({ width: host.clientWidth, height: HEIGHT }));
    void import('uplot').then(({ default: Uplot }) => {
      if (isGone) return;
      plot = new Uplot(
        optionsOf(props, host),
        [[...props.times], ...props.lines.map(({ values }) => [...values])],
        host,
      );
      sized.observe(host);
    });
    return () => {
      isGone = true;
      sized.disconnect();
      plot?.destroy();
    };
  }, [drawn, look]);
  return <div ref={box} class="line-chart" role="img" aria-label={props.label} />;
}

/** Changes with the theme, whose colours a canvas does not take over by itself. */
function useLook(): number {
  const [look, setLook] = useState(0);
  useEffect(() => {
    const again = () => setLook((before) => before + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    const chosen = new MutationObserver(again);
    system.addEventListener('change', again);
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      system.removeEventListener('change', again);
      chosen.disconnect();
    };
  }, []);
  return look;
}

function optionsOf({ lines, valueText }: LineChartProps, host: HTMLElement): Plot.Options {
  const colour = coloursOf(host);
  const axis = {
    stroke: colour('--ink-faint'),
    font: `12px ${getComputedStyle(host).fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
  };
  return {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    axes: [
      { ...axis, values: (_, times, __, ___, step) => times.map(timeText(step)) },
      { ...axis, size: 56, values: (_, values) => values.map(valueText) },
    ],
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    series: [
      {},
      ...lines.map(({ name, colour: number }) => ({
        label: name,
        stroke: colour(`--series-${number}`),
        dash: DASHES[number - 1] ?? [],
        width: 1.75,
        points: { size: 5 },
      })),
    ],
  };
}

/** What a token is now, as a canvas takes it: one that has a value for each theme is resolved by an element that wears it. */
function coloursOf(host: HTMLElement): (token: string) => string {
  return (token) => {
    host.style.color = `var(${token})`;
    const { color } = getComputedStyle(host);
    host.style.color = '';
    return color;
  };
}

const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** As the reader writes times; where a day begins, its date. */
function timeText(step: number): (time: number) => string {
  return (time) => {
    const at = new Date(time * 1_000);
    const isDay = step >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0);
    return (isDay ? day : hour).format(at);
  };
}
