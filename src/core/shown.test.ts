import { describe, expect, it } from 'vitest';
import { IepError } from './errors.ts';
import { shorten, shown } from './shown.ts';

describe('what a stranger chose', () => {
  it('is repeated as it is while it is short', () => {
    expect(shown('tags.0', 10)).toBe('tags.0');
  });

  it('is cut, and never within a character', () => {
    expect(shorten('a'.repeat(100), 10)).toBe('aaaaaaaaa…');
    expect(shorten(`${'a'.repeat(8)}😀${'a'.repeat(8)}`, 10)).toBe('aaaaaaaa…');
  });

  it('loses a secret also where it was cut in the middle of it', () => {
    expect(shown('smtp://iep:hunter2hunter2@relay.example', 20)).toBe('smtp://iep:***…');
    expect(shown(`Bearer ${'a'.repeat(40)}`, 20)).toBe('Bearer ***…');
    expect(shown(`iep_abcdefgh_${'a'.repeat(40)}`, 20)).toBe('iep_abcdefgh_***…');
  });

  it('is cut in every refusal, in its detail and in the names of its fields', () => {
    const long = 'x'.repeat(300_000);
    const error = new IepError('invalid_request', `${long}: is not known`, { errors: [{ path: long, message: long }] });
    expect(error.message.length).toBeLessThanOrEqual(2_000);
    expect(error.errors?.[0]?.path.length).toBeLessThanOrEqual(120);
    expect(error.errors?.[0]?.message.length).toBeLessThanOrEqual(500);
  });
});
