/** `iep version`, also `iep --version`. */

import type { Command } from 'commander';
import { versionLine, versions } from '../../base/embedded/version.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

export function version(command: Command, shell: Shell): void {
  command.action(() => printVersion(shell, command.optsWithGlobals<Globals>().json === true));
}

function printVersion(shell: Shell, json: boolean): void {
  if (json) printJson(shell, versions());
  else print(shell, versionLine(versions()));
}
