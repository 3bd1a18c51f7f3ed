import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { createProvider, targetOf } from '../index.ts';

const make = (settings: object) => () =>
  createProvider('mail', { type: 'sendgrid', apiKey: 'k', ...settings }, { clock: systemClock });

describe('an endpoint', () => {
  it.each([
    { endpoint: 'https://api.eu.sendgrid.com' },
    { endpoint: 'https://api.eu.sendgrid.com/' },
    { endpoint: 'https://proxy.example.com:8443' },
    { endpoint: 'http://127.0.0.1:8080' },
    { endpoint: 'http://[::1]:8080' },
    { endpoint: 'http://localhost:8080' },
    { endpoint: 'http://proxy.example.com', allowPlaintext: true },
    { smtpEndpoint: '[::1]:2525' },
    {},
  ])('is taken: %j', (settings) => {
    expect(make(settings)().concurrency).toBe(20);
  });

  it.each([
    [{ endpoint: 'http://proxy.example.com' }, /http: endpoint, which is for this host alone/],
    [{ endpoint: 'http://127.0.0.1.example.com' }, /for this host alone/],
    [{ endpoint: 'ftp://127.0.0.1' }, /not a scheme, a host and a port/],
    [{ endpoint: 'api.sendgrid.com' }, /not a scheme, a host and a port/],
    [{ endpoint: 'https://api.sendgrid.com/v3' }, /not a scheme, a host and a port/],
    [{ endpoint: 'https://user:pass@api.sendgrid.com' }, /not a scheme, a host and a port/],
    [{ endpoint: 'https://api.sendgrid.com?x=1' }, /not a scheme, a host and a port/],
    [{ smtpEndpoint: 'smtp.sendgrid.net' }, /smtpEndpoint that is not a host and a port/],
    [{ smtpEndpoint: 'smtp.sendgrid.net:0' }, /smtpEndpoint that is not a host and a port/],
    [{ smtpEndpoint: 'smtps://smtp.sendgrid.net:465' }, /smtpEndpoint that is not a host and a port/],
  ])('is refused: %j', (settings, why) => {
    expect(make(settings)).toThrow(why);
  });

  it('is where mail goes', () => {
    expect(targetOf({ type: 'sendgrid', apiKey: 'set' })).toBe('api.sendgrid.com');
    expect(targetOf({ type: 'sendgrid', apiKey: 'set', endpoint: 'http://127.0.0.1:8080' })).toBe('127.0.0.1:8080');
  });
});
