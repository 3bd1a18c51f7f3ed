import { expect, it } from 'vitest';
import type { Submission } from '../../core/message.ts';
import type { AskedTracking } from '../../core/tracking.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type PlatformTracking, trackingOfMessage, untracked } from './tracking.ts';

const off: PlatformTracking = { ...untracked, canTrack: true };
const on: PlatformTracking = { ...off, opens: true, clicks: true };
const parts = { kind: 'parts', text: 't' } as const;
const whole = { kind: 'raw', raw: { bytes: new Uint8Array(1), size: 1 }, utf8Header: false } as const;

function tracking(
  platform: PlatformTracking,
  tenant: AskedTracking | undefined,
  asked: AskedTracking | undefined,
  content: Submission['content'] = parts,
) {
  const settings = tenant && { tracking: tenant };
  const found = trackingOfMessage(
    { settings: settings ?? {} } as Tenant,
    { content, ...(asked && { tracking: asked }) } as Submission,
    platform,
  );
  return found && Object.entries(found).flatMap(([name, isOn]) => (isOn ? [name] : []));
}

it('is what the narrowest says that says something', () => {
  expect(tracking(off, undefined, undefined)).toBeUndefined();
  expect(tracking(on, undefined, undefined)).toEqual(['opens', 'clicks']);
  expect(tracking(on, { clicks: false }, undefined)).toEqual(['opens']);
  expect(tracking(on, { clicks: false }, { opens: false, clicks: true })).toEqual(['clicks']);
  expect(tracking(on, { opens: false, clicks: false }, undefined)).toBeUndefined();
  expect(tracking(off, undefined, { opens: true })).toEqual(['opens']);
});

it('stays anonymous where anybody says so', () => {
  expect(tracking({ ...on, anonymous: true }, { anonymous: false }, { anonymous: false })).toContain('anonymous');
  expect(tracking(on, undefined, { anonymous: true })).toContain('anonymous');
});

it('of a message that came whole is only what it asks for itself', () => {
  expect(tracking(on, { opens: true }, undefined, whole)).toBeUndefined();
  expect(tracking({ ...on, anonymous: true }, undefined, { clicks: true }, whole)).toEqual(['clicks', 'anonymous']);
});

it('is refused where nobody could reach the links, and left out where the message did not ask', () => {
  expect(() => tracking(untracked, undefined, { clicks: true })).toThrow(/^tracking: .*http\.publicUrl/);
  expect(() => tracking(untracked, undefined, { clicks: true }, whole)).toThrow(/^X-IEP-Track: /);
  expect(tracking(untracked, undefined, { clicks: false })).toBeUndefined();
  expect(tracking(untracked, { opens: true }, undefined)).toBeUndefined();
});
