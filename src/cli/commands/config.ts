/** `iep config`: whether the configuration is valid, what it comes to with defaults and environment, and every key there is. */

import type { Command } from 'commander';
import { readTextAsset } from '../../base/embedded/assets.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { flatten, type Origin, withHiddenSecrets } from '../../config/settings.ts';
import { openLocal } from '../../daemon/local.ts';
import { checkedProviders } from '../../daemon/parts/follow-providers.ts';
import { checkUsable, requireProviders } from '../../daemon/reload/check-usable.ts';
import { hasStore } from '../../db/datadir/data-directory.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { enterDataDir } from '../client/enter-data-dir.ts';
import { readConfig } from '../client/read-config.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

export function config(command: Command, shell: Shell): void {
  command
    .command('check')
    .description('say whether `iep serve` takes the configuration here; exits with 78 where it does not')
    .addHelpText(
      'after',
      `
Makes the checks of the start: providers that were made by command count, where the store is on this machine.

Example:
  $ iep --config new.yaml config check && systemctl restart iep
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      const read = readConfig(shell, options);
      const { file, config: loaded, warnings } = read;
      checkUsable(loaded);
      await checkProviders(shell, read);
      for (const warning of warnings) remark(shell, warning);
      if (options.json === true) printJson(shell, { valid: true, file: file ?? null });
      else print(shell, `${file ?? 'No file; the defaults'}: valid`);
    });
  command
    .command('show')
    .description('print the configuration as it works, with where each value comes from; secrets are hidden')
    .action((_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      const { file, config: loaded, originOf } = readConfig(shell, options);
      const shown = withHiddenSecrets(loaded);
      if (options.json === true) {
        printJson(shell, shown);
        return;
      }
      print(shell, `# ${file ?? 'no file; defaults and environment'}`);
      for (const [path, value] of flatten(shown)) print(shell, `${path}: ${value}${originText(originOf?.(path))}`);
    });
  command
    .command('example')
    .description('print a configuration that has every key, each with its default and a sentence')
    .addHelpText('after', '\nExample:\n  $ iep config example | less\n')
    .action((_options, self: Command) => {
      const text = readTextAsset('iep.config.example.yaml');
      if (self.optsWithGlobals<Globals>().json === true) printJson(shell, { text });
      else print(shell, text.trimEnd());
    });
}

/** Of a default nothing. */
function originText(origin: Origin | undefined): string {
  if (origin === undefined || origin.source === 'default') return '';
  return `  # ${[origin.source, origin.source === 'environment' && origin.from].filter(Boolean).join(' ')}`;
}

/** As the daemon that starts over this store has them. */
async function checkProviders(shell: Shell, loaded: LoadedConfig): Promise<void> {
  const { config } = loaded;
  if (!hasStore(dataDirectory(config.dataDir))) return requireProviders(config, Object.keys(config.providers));
  enterDataDir(shell, loaded, { purpose: 'read' });
  const local = await openLocal(config, shell.env, { readonly: true });
  try {
    await checkedProviders(local, config);
  } finally {
    await local.close();
  }
}
