/** Types and patterns of types. */

import { expect, it } from 'vitest';
import { attachmentLimits, defaultAttachmentLimits } from './limits.ts';
import { isAllowedType } from './media-type.ts';

it('compares types without case, parameters and other names of the same', () => {
  expect(isAllowedType('Application/PDF; name="a.pdf"', ['application/pdf'])).toBe(true);
  expect(isAllowedType('image/jpg', ['image/jpeg'])).toBe(true);
  expect(isAllowedType('image/jpeg', ['image/jpg'])).toBe(true);
  expect(isAllowedType('application/pdfx', ['application/pdf'])).toBe(false);
});

it('takes a family of types by its pattern alone', () => {
  expect(isAllowedType('image/x-new', ['image/*'])).toBe(true);
  expect(isAllowedType('imagery/png', ['image/*'])).toBe(false);
});

it('allows by default what the documentation names, and neither archives, programs nor pictures that hold scripts', () => {
  const allowed = (type: string) => isAllowedType(type, defaultAttachmentLimits.types);
  for (const type of [
    'application/pdf',
    'image/png',
    'text/csv',
    'application/msword',
    'text/calendar',
    'text/plain',
  ]) {
    expect(allowed(type), type).toBe(true);
  }
  for (const type of ['application/zip', 'application/x-msdownload', 'text/html', 'image/svg+xml', 'text/javascript']) {
    expect(allowed(type), type).toBe(false);
  }
});

it('puts the settings of a tenant in place of the platform’s, one by one', () => {
  expect(attachmentLimits(defaultAttachmentLimits, { maxAttachments: 3, attachmentTypes: ['a/b'] })).toEqual({
    ...defaultAttachmentLimits,
    maxCount: 3,
    types: ['a/b'],
  });
});
