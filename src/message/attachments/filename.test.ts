/** Names of attachments that are safe to save. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { safeFilename } from './filename.ts';

it.each([
  ['invoice.pdf', 'invoice.pdf'],
  ['Rechnung März 2026.pdf', 'Rechnung März 2026.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\me\\a.doc', 'a.doc'],
  ['../..', 'attachment'],
  ['.htaccess', 'htaccess'],
  ['', 'attachment'],
  ['a/', 'attachment'],
  ['a\r\nContent-Type: x', 'a__Content-Type_ x'],
  ['gpj.\u202eexe', 'gpj._exe'],
  ['a"b<c>d|e?.txt', 'a_b_c_d_e_.txt'],
])('of %j is %j', (name, safe) => {
  expect(safeFilename(name)).toBe(safe);
});

it('keeps the extension of a long name', () => {
  expect(safeFilename(`${'ü'.repeat(300)}.pdf`)).toMatch(/^ü+\.pdf$/);
});

it('is never empty, long, or a path', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ unit: fc.constantFrom('😀', '.', '/', '\ud800', 'é'), maxLength: 400 }),
      ),
      (name) => {
        const safe = safeFilename(name);
        expect(safe).not.toMatch(/^$|^\.|[/\\]|\p{Cc}/u);
        expect(safe.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
        expect(safeFilename(safe)).toBe(safe);
      },
    ),
  );
});
