/** Standard input line by line, as bytes, each with the line feed that ends it. */

import type { Readable } from 'node:stream';

export async function* readLines(input: Readable): AsyncGenerator<Buffer, undefined> {
  let rest: Buffer[] = [];
  for await (const part of input) {
    const chunk = Buffer.from(part);
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end + 1)]);
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
  return undefined;
}
