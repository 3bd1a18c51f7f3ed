/** The contract of what keeps large content, run against every kind of it. */

import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContentLost } from '../core/content-lost.ts';
import type { Blobs, ListedBlob } from './blobs.ts';

export interface BlobsHarness {
  readonly blobs: Blobs;
  /** Puts other bytes in the place of a blob, as a failing disk does. */
  damage(blob: string, bytes: Uint8Array): Promise<void>;
  cleanUp(): Promise<void>;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function blobsSuite(name: string, createHarness: () => Promise<BlobsHarness>): void {
  describe(`blobs: ${name}`, () => {
    let harness: BlobsHarness;
    let blobs: Blobs;

    beforeEach(async () => {
      harness = await createHarness();
      ({ blobs } = harness);
    });
    afterEach(() => harness.cleanUp());

    async function listed(): Promise<readonly ListedBlob[]> {
      const all: ListedBlob[] = [];
      for await (const one of blobs.list()) all.push(one);
      return all;
    }
    const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;
    const whole = (stream: Readable) => buffer(stream);

    it('names a blob by its hash, and gives it back whole and as a stream', async () => {
      const bytes = randomBytes(3_000_000);
      const { blob, size } = await blobs.put(bytes);
      expect({ blob, size }).toEqual({ blob: sha256(bytes), size: bytes.length });
      expect(isSame(await blobs.read(blob), bytes)).toBe(true);
      expect(isSame(await whole(blobs.stream(blob)), bytes)).toBe(true);
    });

    it('makes one blob of chunks that are written one after another', async () => {
      const writer = await blobs.create();
      for (const text of ['one ', 'two ', 'three']) await writer.write(Buffer.from(text));
      const { blob, size } = await writer.finish();
      expect(Buffer.from(await blobs.read(blob)).toString()).toBe('one two three');
      expect(size).toBe(13);
    });

    it('keeps the empty blob', async () => {
      const { blob, size } = await (await blobs.create()).finish();
      expect(size).toBe(0);
      expect(await blobs.read(blob)).toHaveLength(0);
    });

    it('keeps the same content once, however many put it at the same time', async () => {
      const bytes = randomBytes(1000);
      const all = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes)));
      expect(new Set(all.map(({ blob }) => blob)).size).toBe(1);
      expect(await listed()).toMatchObject([{ blob: sha256(bytes), size: 1000, isAside: false }]);
    });

    it('keeps nothing of what was aborted', async () => {
      const writer = await blobs.create();
      await writer.write(Buffer.from('half'));
      await writer.abort();
      expect(await listed()).toEqual([]);
    });

    it.each(['../../etc/passwd', '', 'abc', 'A'.repeat(64), `${'a'.repeat(64)}\n`, `../${'a'.repeat(61)}`])(
      'refuses a name that is not a hash: %j',
      async (name) => {
        await expect(blobs.read(name)).rejects.toThrow('Not the name of a blob');
        expect(() => blobs.stream(name)).toThrow('Not the name of a blob');
      },
    );

    it('says of a blob that is not there that it is gone', async () => {
      const missing = 'a'.repeat(64);
      await expect(blobs.read(missing)).rejects.toThrow(ContentLost);
      await expect(whole(blobs.stream(missing))).rejects.toThrow(ContentLost);
    });

    it.each([
      ['cut', (bytes: Buffer) => bytes.subarray(0, -1)],
      ['cut to nothing', () => Buffer.alloc(0)],
      ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
      ['changed', (bytes: Buffer) => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte))],
    ] as const)('gives back no blob that is %s, nor the end of one', async (_how, change) => {
      const bytes = randomBytes(300_000);
      const { blob } = await blobs.put(bytes);
      await harness.damage(blob, change(bytes));
      const lost = { name: 'ContentLost', how: 'damaged', blob };
      await expect(blobs.read(blob)).rejects.toMatchObject(lost);
      let given = 0;
      const reading = (async () => {
        for await (const chunk of blobs.stream(blob)) given += (chunk as Buffer).length;
      })();
      await expect(reading).rejects.toMatchObject(lost);
      expect(given).toBeLessThan(bytes.length);
      // Put again it is whole again.
      await blobs.put(bytes);
      expect(isSame(await blobs.read(blob), bytes)).toBe(true);
    });

    it('still finds what is aside, and brings it back', async () => {
      const before = Date.now();
      const { blob } = await blobs.put(Buffer.from('kept'));
      await blobs.setAside(blob);
      const [aside, ...others] = await listed();
      expect([aside?.blob, aside?.isAside, others]).toEqual([blob, true, []]);
      // Services tell whole seconds.
      expect(aside?.changedAt).toBeGreaterThan(before - 2_000);
      expect(Buffer.from(await blobs.read(blob)).toString()).toBe('kept');
      expect((await whole(blobs.stream(blob))).toString()).toBe('kept');

      await blobs.bringBack(blob);
      expect(await listed()).toMatchObject([{ blob, isAside: false }]);
    });

    it('removes only what is aside, and not what was put again meanwhile', async () => {
      const { blob } = await blobs.put(Buffer.from('again'));
      await blobs.remove(blob);
      expect(await listed()).toHaveLength(1);
      await blobs.setAside(blob);
      await blobs.put(Buffer.from('again'));
      await blobs.remove(blob);
      expect(await listed()).toMatchObject([{ blob, isAside: false }]);

      await blobs.setAside(blob);
      await blobs.remove(blob);
      expect(await listed()).toEqual([]);
      await expect(blobs.read(blob)).rejects.toThrow();
    });

    it('takes it lightly when there is nothing to move or remove', async () => {
      const missing = 'b'.repeat(64);
      await blobs.setAside(missing);
      await blobs.bringBack(missing);
      await blobs.remove(missing);
      expect(await listed()).toEqual([]);
    });
  });
}
