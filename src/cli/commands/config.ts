/** `iep config`: whether the configuration is valid, and what it comes to with defaults and environment. */

import type { Command } from 'commander';
import { missingProviders } from '../../config/schema.ts';
import { checkUsable } from '../../daemon/check-usable.ts';
import { flatten, withoutSecrets } from '../config-text.ts';
import type { Globals } from '../globals.ts';
import { readConfig } from '../local-store.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

export function config(command: Command, shell: Shell): void {
  command
    .command('check')
    .description('say whether the configuration is valid; exits with 78 where it is not')
    .addHelpText('after', '\nExample:\n  $ iep --config new.yaml config check && systemctl restart iep\n')
    .action((_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      const { file, config: loaded } = readConfig(shell, options);
      checkUsable(loaded);
      if (options.json === true) printJson(shell, { valid: true, file: file ?? null });
      else print(shell, `${file ?? 'No file; the defaults'}: valid`);
      // Not a fault of the file: it may have been made by command, which shows when the daemon starts.
      for (const { path, message } of missingProviders(loaded, Object.keys(loaded.providers))) {
        remark(shell, `${path}: ${message}`);
      }
    });
  command
    .command('show')
    .description('print the configuration as it works, defaults and environment included; secrets are hidden')
    .action((_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      const { file, config: loaded } = readConfig(shell, options);
      const shown = withoutSecrets(loaded);
      if (options.json === true) {
        printJson(shell, shown);
        return;
      }
      print(shell, `# ${file ?? 'no file; defaults and environment'}`);
      for (const [path, value] of flatten(shown)) print(shell, `${path}: ${value}`);
    });
}
