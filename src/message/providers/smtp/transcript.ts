/**
 * Notes what is said on a connection, so that an attempt that failed can be shown as it went. Notes every command and
 * reply as it passes, which must cost next to nothing; puts them into words only for an attempt that failed. Never holds
 * a credential: what belongs to a login is cut, and the password in whatever a server echoes.
 */

import { createCut } from '../../../core/known-secrets.ts';

/** Lines of one conversation that are kept: these at the beginning, and as many at the end. */
const KEPT_LINES = 30;
const MAX_LINE = 300;
const MAX_TEXT = 4_096;
const CUT = '***';

type Side = 'C' | 'S';

export interface Transcript {
  /** A command or reply passed, at this time (epoch ms). */
  note(side: Side, text: string): void;
  /** What follows belongs to the next message. */
  begin(): void;
  /** The opening of the connection, if this is its first message, and the message; at most 4 KiB. */
  text(): string;
}

interface Line {
  readonly at: number;
  readonly side: Side;
  readonly text: string;
}

export function createTranscript(options: {
  readonly now: () => number;
  /** Never to be seen. */
  readonly login?: { readonly user: string; readonly pass?: string } | undefined;
}): Transcript {
  const { now, login } = options;
  const hide = createCut({
    secrets: login?.pass === undefined ? [] : [login.pass],
    userNames: login ? [login.user] : [],
  });
  let opening: readonly Line[] = [];
  let head: Line[] = [];
  /** A ring: the last lines, once the head is full. */
  let tail: Line[] = [];
  let missed = 0;
  let messages = 0;
  let isLoggingIn = false;

  const cut = (side: Side, text: string): string => {
    if (side === 'C' && /^AUTH /i.test(text)) {
      isLoggingIn = true;
      return `${/^AUTH [^\s]+/i.exec(text)?.[0] ?? 'AUTH'} ${CUT}`;
    }
    if (side === 'C' && isLoggingIn) return CUT;
    if (side === 'S' && isLoggingIn) isLoggingIn = text.startsWith('334');
    return text;
  };

  const show = ({ at, side, text }: Line) => {
    const time = new Date(at).toISOString().slice(11, 23);
    return hide(text)
      .split(/\r?\n/)
      .map((line) => `${time} ${side}: ${clean(line)}`)
      .join('\n');
  };

  return {
    note(side, text) {
      const line = { at: now(), side, text: cut(side, text) };
      if (head.length < KEPT_LINES) head.push(line);
      else {
        tail.push(line);
        if (tail.length > 2 * KEPT_LINES) {
          missed += tail.length - KEPT_LINES;
          tail = tail.slice(-KEPT_LINES);
        }
      }
    },
    begin() {
      if (messages === 0) opening = head;
      else opening = [];
      messages += 1;
      head = [];
      tail = [];
      missed = 0;
    },
    text() {
      const kept = messages > 1 ? [`(a kept connection; this was its message ${messages})`] : opening.map(show);
      const more = missed > 0 ? [`(${missed} lines are left out)`] : [];
      return bounded([...kept, ...head.map(show), ...more, ...tail.map(show)].join('\n'));
    },
  };
}

/** One line, without what could confuse a terminal. */
function clean(text: string): string {
  const line = text.replace(/\p{Cc}/gu, ' ');
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
}

/** The beginning says with whom, the end says what went wrong; the middle goes first. */
function bounded(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const mark = '\n(…)\n';
  const first = text.lastIndexOf('\n', MAX_TEXT / 4);
  const last = text.indexOf('\n', text.length - (MAX_TEXT - first - mark.length));
  return `${text.slice(0, first)}${mark}${text.slice(last + 1)}`;
}
