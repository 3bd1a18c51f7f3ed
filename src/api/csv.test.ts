/** CSV in and out: what is written is read back, and harms no spreadsheet. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCsvRecord, parseCsv, plainField } from './csv.ts';

const read = (text: string) => [...parseCsv(text)].map(({ fields }) => fields);

describe('CSV', () => {
  it.each([
    [
      'a,b\n1,"2,3"\n',
      [
        ['a', 'b'],
        ['1', '2,3'],
      ],
    ],
    [
      'a;b\r\n1;"2;\n3"\r\n',
      [
        ['a', 'b'],
        ['1', '2;\n3'],
      ],
    ],
    [
      'a\tb\n1\t2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '"a,b";c\n1;2',
      [
        ['a,b', 'c'],
        ['1', '2'],
      ],
    ],
    ['sep=;\r\na;b,c\r\n', [['a', 'b,c']]],
    ['a\rb\r', [['a'], ['b']]],
  ])('reads %j', (text, fields) => {
    expect(read(text)).toEqual(fields);
  });

  it('tells what is wrong with a record, and reads on', () => {
    expect([...parseCsv('a,b\n"x"y,1\n2,"open\n3,4\n')]).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x', '1'], fault: 'has text after a closing quote' },
      { line: 3, fields: ['2', '"open'], fault: 'has a quote that is not closed' },
      { line: 4, fields: ['3', '4'] },
    ]);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', "'=1", "''@x"])(
    'writes %j so that no spreadsheet counts with it',
    (cell) => {
      const written = formatCsvRecord([cell]).replace(/^"/, '');
      expect(written).toMatch(/^'/);
      expect(plainField(read(formatCsvRecord([cell]))[0]?.[0] ?? '')).toBe(cell);
    },
  );

  it('writes nothing that a terminal would obey or that turns text', () => {
    const written = formatCsvRecord(['a\u001b[2Jb\u009bc\u202ed\ne']);
    expect(written).toBe('"a\ufffd[2Jb\ufffdc\ufffdd\ne"\r\n');
  });

  it('reads back what it writes', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'ab,;"\'=+-@\t\r\n|ü ') });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const text =
          formatCsvRecord(['x,y', 'z', ...cells.map(() => 'c')].slice(0, cells.length)) + formatCsvRecord(cells);
        expect([...parseCsv(text)].at(-1)?.fields.map(plainField)).toEqual(cells);
      }),
    );
  });
});
