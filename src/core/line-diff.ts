/** What differs between two texts, line by line. */

export interface DiffLine {
  /** `same` in both; `out`: only in the first; `in`: only in the second. */
  readonly kind: 'same' | 'out' | 'in';
  readonly text: string;
}

/** Texts that differ in more lines than this are told as all of one and all of the other: the search takes the square of it. */
const MAX_CHANGES = 400;

/** The shortest way from one text to the other (Myers 1986, the greedy search). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  const trace = search(a, b);
  if (trace === undefined) return [...a.map(line('out')), ...b.map(line('in'))];
  return walkBack(trace, a, b);
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function line(kind: DiffLine['kind']): (text: string) => DiffLine {
  return (text) => ({ kind, text });
}

/** For each number of changes, how far each diagonal `k` gets in the first text. */
type Trace = readonly ReadonlyMap<number, number>[];

function search(a: readonly string[], b: readonly string[]): Trace | undefined {
  const trace: ReadonlyMap<number, number>[] = [];
  let furthest: ReadonlyMap<number, number> = new Map([[1, 0]]);
  for (let changes = 0; changes <= Math.min(a.length + b.length, MAX_CHANGES); changes += 1) {
    trace.push(furthest);
    const next = new Map(furthest);
    for (let k = -changes; k <= changes; k += 2) {
      let x = stepFrom(furthest, k, changes);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
    furthest = next;
  }
  return undefined;
}

/** Where diagonal `k` begins: a line further down from the one above, or a line further right from the one below. */
function stepFrom(furthest: ReadonlyMap<number, number>, k: number, changes: number): number {
  const isDown = isFromAbove(furthest, k, changes);
  return isDown ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
}

function isFromAbove(furthest: ReadonlyMap<number, number>, k: number, changes: number): boolean {
  if (k === -changes) return true;
  return k !== changes && (furthest.get(k - 1) ?? 0) < (furthest.get(k + 1) ?? 0);
}

function walkBack(trace: Trace, a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let changes = trace.length - 1; changes >= 0; changes -= 1) {
    const furthest = trace[changes] ?? new Map<number, number>();
    const k = x - y;
    const isDown = isFromAbove(furthest, k, changes);
    const fromX = furthest.get(isDown ? k + 1 : k - 1) ?? 0;
    const fromY = fromX - (isDown ? k + 1 : k - 1);
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      lines.push({ kind: 'same', text: a[x] ?? '' });
    }
    if (changes === 0) break;
    if (isDown) lines.push({ kind: 'in', text: b[fromY] ?? '' });
    else lines.push({ kind: 'out', text: a[fromX] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return lines.toReversed();
}
