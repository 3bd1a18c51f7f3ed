/** The single entry of the executable and of the source tree. Loads no more than the call needs. */

import { versionLine, versions } from './base/embedded/version.ts';

async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    console.log(versionLine(versions()));
    return 0;
  }
  const { runCli } = await import('./cli/program.ts');
  // The clock's timers keep no process alive. A command that only waits for one must not end there, as if it were done.
  const untilDone = setInterval(() => undefined, LONG_MS);
  try {
    return await runCli(argv);
  } finally {
    clearInterval(untilDone);
  }
}

const LONG_MS = 3_600_000;

// Whatever is written is for this user alone: mail, keys, the database.
process.umask(0o077);

// Not top-level await: the executable is bundled as CommonJS, which has none.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
