/** Completion scripts as pure functions of the command tree. */

export interface Node {
  readonly name: string;
  readonly description: string;
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    readonly choices: readonly string[];
    /** Whether a value follows. */
    readonly value: boolean;
  }[];
  readonly commands: readonly Node[];
}

/** Every command with the words that lead to it: `''`, `tenant`, `tenant add`. */
function walk(node: Node, path: readonly string[] = []): { path: string; node: Node }[] {
  return [{ path: path.join(' '), node }, ...node.commands.flatMap((child) => walk(child, [...path, child.name]))];
}

function words(node: Node): string[] {
  return [...node.commands.map(({ name }) => name), ...node.options.map(({ flag }) => flag)];
}

export function bashScript(root: Node): string {
  const cases = walk(root).map(({ path, node }) => `    '${path}') words='${words(node).join(' ')}' ;;`);
  const choices = walk(root).flatMap(({ path, node }) =>
    node.options.flatMap(({ flag, choices: values }) =>
      values.length === 0 ? [] : [`    '${path} ${flag}') words='${values.join(' ')}' ;;`],
    ),
  );
  return `# bash completion for iep
_iep() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${walk(root)
      .map(({ path }) => path.replaceAll(' ', '/'))
      .filter(Boolean)
      .join(' ')} " in
      *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
    esac
  done
  path="\${path//\\// }"
  case "$path $previous" in
${choices.join('\n')}
    *) case "$path" in
${cases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _iep iep
`;
}

export function zshScript(root: Node): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]');
  const functions = walk(root).map(({ path, node }) => {
    const name = functionName(path);
    const options = node.options.map(({ flag, description, choices, value }) => {
      const values = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
      return `    '${flag}[${quote(description).replaceAll(':', '\\:')}]${value ? `:value:${values}` : ''}'`;
    });
    if (node.commands.length === 0) {
      return `${name}() {\n  _arguments \\\n${[...options, "    '*:file:_files'"].join(' \\\n')}\n}`;
    }
    const commands = node.commands.map((child) => `    '${child.name}:${quote(child.description)}'`);
    const branches = node.commands.map((child) => `    ${child.name}) ${functionName(`${path} ${child.name}`)} ;;`);
    return `${name}() {
  local context state line
  local -a commands=(
${commands.join('\n')}
  )
  _arguments -C \\
${options.join(' \\\n')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${branches.join('\n')}
    esac ;;
  esac
}`;
  });
  return `#compdef iep\n# zsh completion for iep\n${functions.join('\n')}\n_iep "$@"\n`;
}

function functionName(path: string): string {
  return ['_iep', ...path.split(' ').filter(Boolean)].join('_');
}

export function fishScript(root: Node): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = walk(root).flatMap(({ path, node }) => {
    const seen = path.split(' ').filter(Boolean);
    const condition = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(node.commands.length > 0
        ? [`not __fish_seen_subcommand_from ${node.commands.map(({ name }) => name).join(' ')}`]
        : []),
    ].join('; and ');
    const when = condition === '' ? '' : ` -n ${quote(condition)}`;
    const options = node.options.map(({ flag, description, choices, value }) => {
      const name = flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      const takes = value ? ` -r${choices.length > 0 ? ` -f -a ${quote(choices.join(' '))}` : ''}` : '';
      return `complete -c iep${when} ${name}${takes} -d ${quote(description)}`;
    });
    const commands = node.commands.map(
      (child) => `complete -c iep${when} -f -a ${child.name} -d ${quote(child.description)}`,
    );
    return [...commands, ...options];
  });
  return `# fish completion for iep\n${lines.join('\n')}\n`;
}
