/** Channels of a subscriber: what is shown, what is sealed, and what a mask means. */

import { describe, expect, it } from 'vitest';
import { keptChannels, maskedChannels, meantChannels, openChannels } from './subscriber-channels.ts';
import { createVault } from './vault.ts';

const vault = createVault([new Uint8Array(32)]);
const all = {
  slack: { webhookUrl: 'https://hooks.slack.com/services/T0/B0/secret' },
  teams: { webhookUrl: 'https://prod-1.example.com:443/workflows/x?sig=secret' },
  webhook: { url: 'https://user:secret@app.example.com/hook/secret' },
};

it('shows where URLs lead, and no more', () => {
  expect(maskedChannels(all)).toEqual({
    slack: { webhookUrl: 'https://hooks.slack.com/…' },
    teams: { webhookUrl: 'https://prod-1.example.com/…' },
    webhook: { url: 'https://app.example.com/…' },
  });
  expect(maskedChannels({ slack: { channel: '#ops' } })).toEqual({ slack: { channel: '#ops' } });
});

it('seals what holds a URL, and opens it again', () => {
  const kept = keptChannels(all, { vault, id: 'one' });
  expect(JSON.stringify(kept)).not.toContain('secret');
  expect(openChannels(kept, { vault })).toEqual(all);
  expect(() => openChannels({ ...kept, sealed: { id: 'two', text: kept.sealed?.text ?? '' } }, { vault })).toThrow(
    /sealed for something else/,
  );
});

it('seals nothing where no URL is', () => {
  expect(keptChannels({ slack: { channel: '#ops' } }, { vault, id: 'one' })).toEqual({
    channels: { slack: { channel: '#ops' } },
  });
  expect(keptChannels({}, { vault, id: 'one' })).toEqual({});
  expect(keptChannels(undefined, { vault, id: 'one' })).toEqual({});
});

describe('a mask', () => {
  it('stands for the URL that is there', () => {
    expect(meantChannels(maskedChannels(all), all)).toEqual(all);
  });

  it('of another channel stands for nothing else', () => {
    const moved = { teams: { webhookUrl: 'https://hooks.slack.com/…' } };
    expect(meantChannels(moved, all)).toEqual(moved);
  });
});
