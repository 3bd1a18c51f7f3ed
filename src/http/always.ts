/** Header fields that every answer has, and those of each with a body. */

export const ALWAYS = { 'cache-control': 'no-store' };

/** The type is what we say it is. */
export const typed = (type: string) => ({ 'content-type': type, 'x-content-type-options': 'nosniff' });
