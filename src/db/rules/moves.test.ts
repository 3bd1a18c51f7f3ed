/** What may be done to a message in each state, and what the refusal says. */

import { describe, expect, it } from 'vitest';
import {
  isAsFound,
  mayBeRetried,
  newTime,
  notRetryable,
  requireCancellable,
  requireDead,
  requireDeletable,
  retryStep,
} from './moves.ts';

const waiting = { isWaiting: true, isUnderWay: false };
const underWay = { isWaiting: true, isUnderWay: true };
const ended = { isWaiting: false, isUnderWay: false };
const whole = { isRemoved: false, isLost: false };
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

it('cancels what waits, and neither what is under way nor what has its outcome', () => {
  expect(() => requireCancellable({ status: 'queued', isDead: false, ...waiting })).not.toThrow();
  expect(() => requireCancellable({ status: 'queued', isDead: false, ...underWay })).toThrow(
    refusal('not_cancellable', /under way/),
  );
  expect(() => requireCancellable({ status: 'sent', isDead: false, ...ended })).toThrow(
    refusal('not_cancellable', /its outcome: sent/),
  );
  expect(() => requireCancellable({ status: 'queued', isDead: false, ...ended })).toThrow(
    refusal('not_cancellable', /lost its entry/),
  );
});

it('deletes what is not open, and as a dead letter only what is one', () => {
  expect(() => requireDeletable(ended)).not.toThrow();
  expect(() => requireDeletable(waiting)).toThrow(refusal('conflict', /cancel it first/));
  expect(() => requireDead({ status: 'sent', isDead: true })).not.toThrow();
  expect(() => requireDead({ status: 'sent', isDead: false })).toThrow(refusal('conflict', /status is sent/));
});

describe('retry', () => {
  it('leaves alone what is under way, and what is not there any more', () => {
    expect(mayBeRetried({ ...ended, ...whole })).toBe(true);
    expect(mayBeRetried({ ...waiting, ...whole })).toBe(true);
    expect(mayBeRetried({ ...underWay, ...whole })).toBe(false);
    expect(mayBeRetried({ ...ended, isRemoved: true, isLost: false })).toBe(false);
    expect(mayBeRetried({ ...ended, isRemoved: false, isLost: true })).toBe(false);
  });

  it('hurries what waits, and lets in what has left where a recipient is open again', () => {
    expect(retryStep(waiting, 0)).toBe('hurry');
    expect(retryStep(waiting, 2)).toBe('hurry');
    expect(retryStep(ended, 1)).toBe('enter');
    expect(retryStep(ended, 0)).toBeUndefined();
  });

  it('says why it can never be', () => {
    expect(notRetryable({ isRemoved: true, isLost: false })).toEqual(refusal('not_retryable', /were removed/));
    expect(notRetryable({ isRemoved: true, isLost: true })).toEqual(refusal('not_retryable', /damaged page/));
    expect(notRetryable(whole)).toMatchObject({ code: 'not_retryable' });
  });

  it('passes over what has moved on since it was found', () => {
    const found = { status: 'failed' as const, dead: true };
    expect(isAsFound({ status: 'failed', isDead: true }, found)).toBe(true);
    expect(isAsFound({ status: 'failed', isDead: false }, found)).toBe(false);
    expect(isAsFound({ status: 'queued', isDead: true }, found)).toBe(false);
  });
});

describe('another time', () => {
  const scheduled = { status: 'scheduled' as const, isScheduled: true, isUnderWay: false };

  it('is kept where it lies ahead, and is now where it has come', () => {
    expect(newTime(scheduled, { scheduledAt: 9, now: 5 })).toEqual({ status: 'scheduled', dueAt: 9 });
    expect(newTime(scheduled, { scheduledAt: 5, now: 5 })).toEqual({ status: 'queued', dueAt: 5 });
    expect(newTime(scheduled, { scheduledAt: 1, now: 5 })).toEqual({ status: 'queued', dueAt: 5 });
  });

  it('is for what waits for its time', () => {
    const at = { scheduledAt: 9, now: 5 };
    expect(() => newTime({ ...scheduled, isUnderWay: true }, at)).toThrow(refusal('not_reschedulable', /under way/));
    expect(() => newTime({ ...scheduled, status: 'sent', isScheduled: false }, at)).toThrow(
      refusal('not_reschedulable', /it is sent/),
    );
    expect(() => newTime({ ...scheduled, isScheduled: false }, at)).toThrow(refusal('not_reschedulable', /any more/));
  });
});
