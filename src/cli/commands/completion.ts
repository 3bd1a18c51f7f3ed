/** `iep completion`: scripts for shells, made from the commands themselves. */

import { Argument, type Command } from 'commander';
import { bashScript, fishScript, type Node, zshScript } from '../completion-scripts.ts';
import { print } from '../output.ts';
import type { Shell } from '../shell.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function completion(command: Command, shell: Shell, whole: () => Promise<Command>): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  $ iep completion bash > /etc/bash_completion.d/iep
  $ iep completion zsh > "\${fpath[1]}/_iep"
  $ iep completion fish > ~/.config/fish/completions/iep.fish
`,
    )
    .action(async (name: keyof typeof SCRIPTS) => {
      print(shell, SCRIPTS[name](nodeOf(await whole())));
    });
}

/** A command with what may follow it; every command takes the program's own options too. */
function nodeOf(command: Command, inherited: Node['options'] = []): Node {
  const own = command.createHelp().visibleOptions(command);
  const options = own.flatMap(({ long, short, description, argChoices, required, optional }) => {
    const flag = long ?? short;
    return flag === undefined ? [] : [{ flag, description, choices: argChoices ?? [], value: required || optional }];
  });
  const all = [...options, ...inherited.filter(({ flag }) => options.every((option) => option.flag !== flag))];
  return {
    name: command.name(),
    description: command.description(),
    options: all,
    commands: command.commands.map((child) => nodeOf(child, command.parent === null ? options : inherited)),
  };
}
