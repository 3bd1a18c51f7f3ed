import { expect, it } from 'vitest';
import { forPeople } from './for-people.ts';

const lines: string[] = [];
const log = forPeople({ write: (line) => void lines.push(line) }, { colours: false });
const written = (fields: object) => {
  lines.length = 0;
  log.write(
    `${JSON.stringify({ level: 'info', time: '2027-01-31T09:00:00.000Z', ...fields, msg: 'the daemon is up' })}\n`,
  );
  return lines.join('').replace(/^\S+ /, '');
};

it('puts a line of the log into words, nested fields behind their names', () => {
  expect(
    written({ http: { host: '127.0.0.1', port: 3000 }, tags: ['a', 'b'], why: 'no "reason" = none', none: null }),
  ).toBe(
    'info  the daemon is up  http.host=127.0.0.1 http.port=3000 tags="[\\"a\\",\\"b\\"]" why="no \\"reason\\" = none"\n',
  );
});

it('leaves out what only a log store needs, and nothing that could move the cursor gets through', () => {
  expect(written({ requestId: 'x', error: { message: 'a\u001b[2Jb\nc\u202ed', stack: 'at …' } })).toBe(
    'info  the daemon is up  error.message="a [2Jb c d"\n',
  );
});
