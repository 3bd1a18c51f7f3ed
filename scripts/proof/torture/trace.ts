/** Reads what strace wrote (`-f -y -xx`): system calls with the moments they began and ended, their file and their bytes. */

export interface SystemCall {
  readonly name: string;
  /** Path of the first argument, where it is a descriptor: a file's path, or `socket:[…]`. */
  readonly path: string;
  /** Lines of the trace: they order what happened over all threads. */
  readonly began: number;
  readonly ended: number;
  readonly result: number;
  /** All the strings among its arguments, one after the other. */
  readonly bytes: Buffer;
}

const WHOLE = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/;
const UNFINISHED = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)/;

/** Calls in the order in which they ended. A call that the trace's end cut off is not among them. */
export function readTrace(lines: Iterable<string>): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { name: string; args: string; began: number }>();
  let at = 0;
  for (const line of lines) {
    at += 1;
    const whole = WHOLE.exec(line);
    if (whole) {
      const [, , name = '', args = '', result] = whole;
      calls.push(callOf({ name, args, began: at, ended: at, result: Number(result) }));
      continue;
    }
    const [, begun = '', name = '', args = ''] = UNFINISHED.exec(line) ?? [];
    if (name !== '') open.set(begun, { name, args, began: at });
    const [, thread = '', , result] = RESUMED.exec(line) ?? [];
    const first = open.get(thread);
    if (first === undefined) continue;
    open.delete(thread);
    calls.push(callOf({ ...first, ended: at, result: Number(result) }));
  }
  return calls;
}

function callOf({
  args,
  ...rest
}: {
  name: string;
  args: string;
  began: number;
  ended: number;
  result: number;
}): SystemCall {
  // With -xx everything that is text is written as \xHH, paths included.
  const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? '';
  const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => unhex(match[1] ?? ''));
  return { ...rest, path: path.includes('\\x') ? unhex(path).toString() : path, bytes: Buffer.concat(strings) };
}

function unhex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
