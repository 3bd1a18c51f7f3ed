/** The state of a thing: a word, and a colour that says the same. */

const tones: Readonly<Record<string, string>> = {
  ...{ scheduled: 'info', queued: 'info', processing: 'info', pending: 'info', half_open: 'warn', 'on trial': 'warn' },
  ...{
    sent: 'good',
    delivered: 'good',
    accepted: 'good',
    ok: 'good',
    closed: 'good',
    active: 'good',
    verified: 'good',
    done: 'good',
    acknowledged: 'good',
  },
  ...{
    failed: 'bad',
    bounced: 'bad',
    complained: 'bad',
    dead: 'bad',
    open: 'bad',
    off: 'bad',
    wrong: 'bad',
    rejected: 'bad',
  },
  ...{
    suppressed: 'warn',
    paused: 'warn',
    deferred: 'warn',
    unavailable: 'warn',
    unknown: 'warn',
    missing: 'warn',
    throttled: 'warn',
    held: 'warn',
    skipped: 'warn',
  },
  ...{ good: 'good', warn: 'warn', bad: 'bad', info: 'info', ready: 'good', 'breaker open': 'bad' },
  ...{ hard_bounce: 'bad', complaint: 'bad', unsubscribe: 'warn', unverified: 'warn', failing: 'bad' },
};

export function Pill({ state, word }: { state: string; word?: string }) {
  return (
    <span class="pill" data-tone={tones[state] ?? 'plain'}>
      {word ?? state.replaceAll('_', ' ')}
    </span>
  );
}
