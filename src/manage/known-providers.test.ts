import { describe, expect, it } from 'vitest';
import { parseProvider } from './known-providers.ts';

describe('settings of a provider', () => {
  it.each([
    [
      { type: 'smtp', hots: 'relay.example.com' },
      [
        { path: 'settings.hots', message: 'is not a known field; did you mean `host`?' },
        { path: 'settings.host', message: 'is required without a preset' },
      ],
    ],
    [{ type: 'fax' }, [{ path: 'settings.type', message: expect.stringContaining('"smtp"') }]],
    [{ type: 'smtp', host: 'relay.example.com', port: 0 }, [{ path: 'settings.port', message: 'must be at least 1' }]],
  ])('are refused as %j, each that is wrong by its name', (settings, errors) => {
    expect(() => parseProvider('relay', settings)).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors }) as Error,
    );
  });

  it('are taken with what they leave out', () => {
    const settings = { type: 'smtp', host: 'relay.example.com' };
    expect(parseProvider('relay', settings)).toMatchObject({ ...settings, tls: 'required' });
  });
});
