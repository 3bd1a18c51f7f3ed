import { describe, expect, it } from 'vitest';
import { describeFailure } from '../failure.ts';
import { readProblem } from './problem.ts';
import { type ApiResponse, responseOf } from './response.ts';

function problem(status: number, body: unknown, headers: Record<string, string> = {}): ApiResponse {
  return responseOf(
    new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    }),
  );
}

describe('a problem document', () => {
  it('becomes the refusal it was made from', async () => {
    const errors = [
      { path: 'to.0', message: 'is not an email address' },
      { path: 'subject', message: 'is required' },
    ];
    const error = await readProblem(problem(400, { code: 'invalid_request', detail: 'to.0: wrong', errors }));
    expect(error).toMatchObject({ code: 'invalid_request', errors });
    expect(describeFailure(error, 'iep')).toEqual({
      exit: 65,
      text: [
        'iep: The request is not valid: to.0: wrong',
        '  to.0: is not an email address',
        '  subject: is required',
        '  Correct what is named and send it again.',
        '',
      ].join('\n'),
    });
  });

  it('says when to try again', async () => {
    const error = await readProblem(problem(429, { code: 'rate_limited' }, { 'retry-after': '7' }));
    expect(describeFailure(error, 'iep')).toMatchObject({ exit: 75, text: expect.stringContaining('in 7 s') });
  });

  it.each([
    [401, 77],
    [403, 77],
    [404, 65],
    [422, 65],
    [502, 69],
    [503, 75],
    [500, 70],
  ])('without a code of ours, HTTP %i exits with %i', async (status, exit) => {
    const error = await readProblem(problem(status, '<html>proxy</html>', { 'content-type': 'text/html' }));
    expect(describeFailure(error, 'iep').exit).toBe(exit);
  });

  it('takes no code that is not in the table', async () => {
    expect((await readProblem(problem(400, { code: 'toString' }))).code).toBe('invalid_request');
  });
});
