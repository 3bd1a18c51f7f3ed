/** How lists are paged. */

import * as z from 'zod';

const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;

/** A number in a query is text. */
function numberText(range: { min: number; max: number }) {
  return z.coerce.number().int().min(range.min).max(range.max);
}

export const limitField = numberText({ min: 1, max: MAX_PAGE }).default(DEFAULT_PAGE);
export const offsetField = numberText({ min: 0, max: 100_000 }).optional();

const cursor = z.string().max(500).describe('The cursor of the page before');
export const cursorField = cursor.optional();

/** Where a cursor is a position in a log: any other text would pass for the end of the list. */
const NO_CURSOR = 'is not a cursor of an earlier answer';
export const positionCursorField = cursor.regex(/^\d{1,15}$/, NO_CURSOR).optional();
export const bulkCursorField = cursor.regex(/^[0-2]\.\d{1,16}\.\d{1,16}$/, NO_CURSOR).optional();
