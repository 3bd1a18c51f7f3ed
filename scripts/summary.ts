/**
 * The last line of scripts/test, from vitest's report and the names of the steps that failed: `N passed, N failed`,
 * and how many were skipped. Exits non-zero when anything failed.
 */

import { readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

const [file = '', ...steps] = process.argv.slice(2);

function read(): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch (error) {
    console.error(`no report of the tests: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const report = read();
// A file that does not load has no tests that could fail; it fails as one.
const unloaded =
  report?.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0) ?? [];
const tests = (report?.numFailedTests ?? 0) + unloaded.length;
const others = steps.filter((step) => step !== 'vitest');
// vitest also fails for faults outside of any test.
const outside = steps.includes('vitest') && tests === 0 ? ['vitest'] : [];

for (const name of [...others, ...outside, ...unloaded.map((one) => one.name)]) console.error(`failed: ${name}`);
const passed = report?.numPassedTests ?? 0;
const failed = tests + others.length + outside.length + (report === undefined ? 1 : 0);
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
