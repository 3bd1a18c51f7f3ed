import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Each of these has a process to itself: it replaces parts of Node, or measures its own process. */
const alone = ['src/message/providers/smtp/local-name.test.ts', 'src/message/render/**/*.test.ts', 'test/**/*.test.ts'];

const common = {
  setupFiles: 'test/setup.ts',
  // None of these is a measure of anything: machines that do much else take ten times as long.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'alone', include: alone } },
      // Modules keep no state, so that files may follow each other in one process: loading them anew takes longer than most files.
      { test: { ...common, name: 'together', include: ['src/**/*.test.ts'], exclude: alone, isolate: false } },
    ],
  },
});
