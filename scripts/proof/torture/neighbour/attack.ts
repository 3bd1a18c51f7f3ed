/** The process of the neighbour: it uses one means until it is told to end, away from the one that measures. */

import { means } from './means.ts';

const [name, ports = '{}'] = process.argv.slice(2);
const chosen = means.find((one) => one.name === name);
if (chosen === undefined) throw new Error(`there is no means "${name}"`);
const ending = new AbortController();
process.once('SIGTERM', () => {
  ending.abort();
  process.exit(0);
});
await chosen.run({ ...JSON.parse(ports), signal: ending.signal });
