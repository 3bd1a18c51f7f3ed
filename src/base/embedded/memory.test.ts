import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Bytes of resident memory that hashes of keys leave behind, one after the other in the four threads of the pool. */
function leftByHashes({ saved }: { saved: boolean }): number {
  const program = `
    const { argon2 } = await import('node:crypto');
    const { saveMemory } = await import(${JSON.stringify(join(import.meta.dirname, 'memory.ts'))});
    if (${saved}) saveMemory();
    const input = { message: 'key', nonce: Buffer.alloc(16), parallelism: 1, tagLength: 32, memory: 19456, passes: 2 };
    const hash = () => new Promise((resolve) => argon2('argon2id', input, resolve));
    await hash();
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 4; round += 1) await Promise.all([hash(), hash(), hash(), hash()]);
    console.log(process.memoryUsage.rss() - before);
  `;
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, options, { encoding: 'utf8' }));
}

test.runIf(process.platform === 'linux')('the memory of a hash goes back when it is made', () => {
  expect(leftByHashes({ saved: true })).toBeLessThan(8 * 2 ** 20);
});

test.runIf(process.platform === 'linux')('left to itself the C library keeps it', () => {
  expect(leftByHashes({ saved: false })).toBeGreaterThan(16 * 2 ** 20);
});
