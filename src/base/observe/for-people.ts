/** The lines of the log as a person at a terminal reads them. What they say is the same; a pipe or a file gets JSON. */

import { styleText } from 'node:util';
import { visible } from '../../core/visible-text.ts';
import type { LogDestination } from './log.ts';

const MARKS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Long, and seldom of use to a person who watches. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'requestId',
  'correlationId',
  'auditHash',
  'stack',
]);

export function forPeople(
  output: LogDestination,
  { colours = !process.env.NO_COLOR }: { colours?: boolean } = {},
): LogDestination {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(format, text, { validateStream: false }) : text;
  return {
    write(line) {
      const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const mark = paint(MARKS[level as keyof typeof MARKS] ?? 'white', String(level).padEnd(5));
      const rest = paint('dim', wordsOf(fields).join(' '));
      output.write(`${clockTime(String(time))} ${mark} ${visible(String(msg))}${rest === '' ? '' : `  ${rest}`}\n`);
    },
  };
}

/** `host=127.0.0.1 http.port=3000`: what is nested stands behind its name. */
function wordsOf(fields: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (LEFT_OUT.has(name) || value === undefined || value === null) return [];
    const path = `${prefix}${name}`;
    if (typeof value === 'object' && !Array.isArray(value))
      return wordsOf(value as Record<string, unknown>, `${path}.`);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [`${path}=${/^[^\s"=]+$/.test(text) ? visible(text) : JSON.stringify(visible(text))}`];
  });
}

function clockTime(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? time : at.toLocaleTimeString('en-GB');
}
