/** `iep show`: one message whole. */

import { type Command, Option } from 'commander';
import { withClient } from '../client/client.ts';
import { bytesOf } from '../client/response.ts';
import type { ContentJson, MessageJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { printContent, printDetail } from '../message-text.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

type Options = Globals & { readonly raw?: true; readonly content?: true };

export function show(command: Command, shell: Shell): void {
  command
    .argument('<id>', 'message to show')
    .addOption(new Option('--raw', 'the message as it was or will be sent (RFC 5322)').conflicts(['content', 'json']))
    .option('--content', 'what was submitted and what was rendered')
    .addHelpText(
      'after',
      `
Examples:
  $ iep show 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep show 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --raw > message.eml
`,
    )
    .action(async (id: string) => {
      const options = command.optsWithGlobals<Options>();
      const path = `/v1/messages/${encodeURIComponent(id)}`;
      await withClient({ shell, globals: options }, async (client) => {
        if (options.raw === true) {
          const raw = await bytesOf(await client.call('GET', `${path}/raw`));
          // Byte for byte, but not to a terminal, which would do what a stranger wrote.
          if (shell.stdout.isTTY === true) print(shell, raw.toString());
          else shell.stdout.write(raw);
        } else if (options.content === true) {
          const content = await client.json<ContentJson>('GET', `${path}/content`);
          if (options.json === true) printJson(shell, content);
          else printContent(shell, content);
        } else {
          const message = await client.json<MessageJson>('GET', path);
          if (options.json === true) printJson(shell, message);
          else printDetail(shell, message);
        }
      });
    });
}
