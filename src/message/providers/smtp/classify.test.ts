import { describe, expect, it } from 'vitest';
import type { Stage } from './bounce-rules/rule.ts';
import { bounceRules } from './bounce-rules.ts';
import { classify } from './classify.ts';
import { smtpReply } from './reply.ts';

const judge = (text: string, stage: Stage = 'rcpt') => classify(smtpReply(text), stage);

describe('the bounce rules', () => {
  for (const [index, rule] of bounceRules.entries()) {
    for (const sample of rule.samples) {
      it(`row ${index + 1} decides: ${sample.slice(0, 70)}`, () => {
        // A sample holds at every stage of its row, and no row above takes it away.
        for (const stage of rule.stages ?? (['mail', 'rcpt', 'data'] as const)) {
          const { kind, ...rest } = judge(sample, stage);
          const bounce = 'bounce' in rest ? rest.bounce : undefined;
          expect({ kind, bounce, stage }).toEqual({
            kind: rule.means.kind,
            bounce: rule.means.kind === 'rejected' ? rule.means.bounce : undefined,
            stage,
          });
        }
      });
    }
  }

  it('takes a sender whom a vendor does not know for a matter of the account, of that sender alone, and no other', () => {
    const samples = bounceRules.flatMap(({ samples, means }) => samples.map((text) => ({ text, means })));
    const ofSender = samples.filter(({ text }) => 'sender' in judge(text, 'data'));
    expect(ofSender).toEqual(samples.filter(({ means }) => 'sender' in means));
    for (const { text } of ofSender)
      expect(judge(text, 'data')).toMatchObject({ kind: 'unavailable', account: true, sender: true });
    expect(ofSender.length).toBeGreaterThan(0);
  });

  it('gives every row a sample', () => {
    expect(bounceRules.filter(({ samples }) => samples.length === 0)).toEqual([]);
  });
});

describe('what no row knows', () => {
  it.each([
    ['450 4.3.0 mail server temporarily rejected message', 'deferred'],
    ['451 local error in processing', 'deferred'],
    ['550 we do not like you', 'rejected'],
    ['571 delivery not authorized, message refused', 'rejected'],
    ['250 an answer nobody expected', 'deferred'],
    ['gibberish', 'deferred'],
  ])('%s → %s', (text, kind) => {
    expect(judge(text).kind).toBe(kind);
  });

  it('is never a hard bounce, which counts towards suppression', () => {
    expect(judge('550 5.0.0 We would rather not')).toMatchObject({ kind: 'rejected', bounce: 'other' });
  });

  it.each(['550 5.7.1', '554 5.7.26', '550 5.7.606', '552 5.2.2', '554 5.2.2'])(
    'that begins with %s is never a hard bounce, whatever else it says',
    (code) => {
      const texts = bounceRules.flatMap(({ samples }) =>
        samples.map((sample) => sample.replace(/^[\d .#-]+|\(#[\d.]+\)$/g, '')),
      );
      for (const stage of ['mail', 'rcpt', 'data'] as const) {
        for (const text of texts) expect(judge(`${code} ${text}`, stage), text).not.toMatchObject({ bounce: 'hard' });
      }
    },
  );

  it.each([
    '552 mailbox full',
    '552 user is over quota',
    '552 Mailbox not found or storage limit exceeded',
    '552 recipient unknown to have space left: mailbox quota exceeded',
    '552 Mailbox disabled',
    '552 Requested mail action aborted: exceeded storage allocation',
    '552 sender address does not exist',
    '552 5.2.2 no such user',
  ])('says 552 of a mailbox that is there: %s', (text) => {
    expect(judge(text, 'data')).not.toMatchObject({ bounce: 'hard' });
  });

  it.each(['550 cannot verify noreply@app.example: no such user', '550 5.1.1 <NoReply@App.example>: user unknown'])(
    'counts nothing against the recipient where the reply names the sender alone: %s',
    (text) => {
      const about = { sender: 'noreply@app.example', recipient: 'ada@example.org' };
      expect(classify(smtpReply(text), 'rcpt', about)).toMatchObject({ kind: 'rejected', bounce: 'policy' });
      expect(classify(smtpReply(text), 'rcpt', { ...about, recipient: about.sender })).toMatchObject({
        bounce: 'hard',
      });
    },
  );

  it.each(['sender', 'spam', 'quota.exceeded', 'no.such.user', 'too-many-recipients'])(
    'does not read what a mailbox is called: %s@…',
    (name) => {
      expect(judge(`550 5.1.1 <${name}@example.com>: Recipient address rejected: User unknown`)).toMatchObject({
        bounce: 'hard',
      });
      expect(judge(`550 5.3.0 <${name}@example.com> refused`)).toMatchObject({ kind: 'rejected', bounce: 'other' });
    },
  );

  it('is permanent from code 500 on', () => {
    expect(judge('501 5.5.4 Syntax error in arguments')).toMatchObject({ kind: 'rejected', bounce: 'other' });
    expect(judge('499 whatever').kind).toBe('deferred');
  });

  it('reads a user-unknown as hard only where it can be about the recipient', () => {
    expect(judge('550 5.1.1 user unknown', 'mail')).toMatchObject({ kind: 'rejected', bounce: 'other' });
  });
});

describe('421', () => {
  it.each([
    ['421 4.3.2 shutting down', undefined],
    ['421 4.7.0 too many connections, try again in 60 seconds', 60_000],
    ['421 4.7.28 an unusual rate of mail', undefined],
  ])('is "not now", whatever else it says, so that another provider may step in: %s', (text, retryAfterMs) => {
    for (const stage of ['greeting', 'mail', 'rcpt', 'data'] as const) {
      expect(judge(text, stage)).toMatchObject({
        kind: 'unavailable',
        busy: true,
        ...(retryAfterMs && { retryAfterMs }),
      });
    }
  });
});

describe('a named wait', () => {
  it.each([
    ['450 4.7.1 rate limit, try again in 300 seconds', 300_000],
    ['451 too many messages, wait 5 minutes', 300_000],
    ['451 4.7.1 rate exceeded; retry after 2 h', 7_200_000],
    ['451 4.7.1 rate exceeded', undefined],
  ])('%s', (text, retryAfterMs) => {
    const outcome = judge(text);
    expect(outcome.kind).toBe('throttled');
    expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(retryAfterMs);
  });
});

describe('smtpReply', () => {
  it('joins the lines of a reply and reads its codes once', () => {
    expect(smtpReply('550-5.1.1 The account\r\n550-5.1.1 does not\r\n550 5.1.1 exist')).toEqual({
      text: '550 5.1.1 The account does not exist',
      code: 550,
      enhanced: '5.1.1',
    });
  });

  it('keeps a reply on one line of at most 500 characters', () => {
    const { text } = smtpReply(`550 ${'x'.repeat(2_000)}\u0007\n`);
    expect(text).toHaveLength(500);
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  it('reads what has no code as text alone', () => {
    expect(smtpReply('hello')).toEqual({ text: 'hello' });
  });

  it('does not take a number in the text for an enhanced code', () => {
    expect(smtpReply('250 2.0.0.1 is the version')).toEqual({ text: '250 2.0.0.1 is the version', code: 250 });
  });
});
