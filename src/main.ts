/** The single entry of the executable and of the source tree. Loads no more than the call needs. */

import { versionLine, versions } from './embedded/version.ts';

async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    console.log(versionLine(versions()));
    return 0;
  }
  const { runCli } = await import('./cli/cli.ts');
  return runCli(argv);
}

// Whatever is written is for this user alone: mail, keys, the database.
process.umask(0o077);

// Not top-level await: the executable is bundled as CommonJS, which has none.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
