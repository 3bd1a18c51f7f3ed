/** `npm run dev`: the daemon from source with `--dev`, and the dashboard, which is bundled again and loaded again as its sources change. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { watchUi } from './ui/build.ts';

await watchUi();
const main = join(import.meta.dirname, '../src/main.ts');
const daemon = spawn(process.execPath, [main, 'serve', '--dev', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => daemon.kill(signal));
daemon.on('exit', (code) => process.exit(code ?? 1));
