import { expect, test } from 'vitest';
import { readTraceparent, writeTraceparent } from './traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('what is written is read back', () => {
  for (const sampled of [true, false]) {
    const context = { traceId: TRACE, spanId: SPAN, sampled };
    expect(readTraceparent(writeTraceparent(context))).toEqual(context);
  }
});

test('a later version is read as far as it is known', () => {
  expect(readTraceparent(`cc-${TRACE}-${SPAN}-03-what`)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
});

test.each([
  undefined,
  '',
  `00-${TRACE}-${SPAN}`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
])('%s is none', (text) => {
  expect(readTraceparent(text)).toBeUndefined();
});
