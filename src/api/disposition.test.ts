import { expect, it } from 'vitest';
import { asFile } from './disposition.ts';

it.each([
  ['report.pdf', 'attachment; filename="report.pdf"'],
  ['a b;c.txt', 'attachment; filename="a b;c.txt"'],
  ['Übersicht.pdf', `attachment; filename="_bersicht.pdf"; filename*=UTF-8''%C3%9Cbersicht.pdf`],
  ['say "hi".txt', `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`],
  ["it's (1)*é.txt", `attachment; filename="it's (1)*_.txt"; filename*=UTF-8''it%27s%20%281%29%2A%C3%A9.txt`],
  ['a\r\nX: y', `attachment; filename="a__X: y"; filename*=UTF-8''a%0D%0AX%3A%20y`],
  ['50%.txt', `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`],
])('offers %j', (name, field) => {
  expect(asFile(name)).toBe(field);
});
