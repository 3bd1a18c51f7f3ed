/** `iep topic`: named lists of subscribers. */

import type { Command } from 'commander';
import type { TopicJson } from '../client/wire.ts';
import { addDefinitionCommands, type DefinitionCommands } from '../definition-commands.ts';
import type { Shell } from '../shell.ts';

interface TopicOptions {
  readonly description?: string;
}

const kind: DefinitionCommands<TopicJson, TopicOptions> = {
  ...{ command: 'topic', noun: 'topic', path: '/v1/topics' },
  describe: {
    add: 'add a topic',
    list: 'list the topics',
    show: 'one topic whole',
    set: 'change the description of a topic',
    remove: 'remove a topic; its subscribers stay',
  },
  flags: (command) => command.option('--description <text>', 'what it is about'),
  fieldsOf: ({ description }) => ({ ...(description !== undefined && { description }) }),
  head: ['DESCRIPTION'],
  rowOf: ({ description }) => [description],
  examples: {
    add: ["iep topic add outages --description 'What is down, and what is up again'"],
    set: ["iep topic set outages --description 'What is down'"],
  },
};

export function topic(command: Command, shell: Shell): void {
  addDefinitionCommands(kind, command, shell);
}
