/** The environment of seed 002 as a configuration: its names, its defaults, and what it refuses. */

import { expect, it } from 'vitest';
import { checkConfig } from './configuration.ts';
import { lfxConfiguration } from './lfx.ts';

const configured = (env: Record<string, string>) => {
  const { document, rules } = lfxConfiguration(env);
  return { config: checkConfig({ document, env: {}, directory: '/', source: 'the environment' }), rules };
};

it('has the defaults that its README names', () => {
  const { config, rules } = configured({});
  expect(config).toMatchObject({
    http: { host: '0.0.0.0', port: 8080 },
    providers: { smtp: { type: 'null' } },
    nats: { servers: ['nats://localhost:4222'], tenant: 'lfx', subjectPrefix: 'lfx.email-service' },
    policy: { recipientDomains: [] },
    log: { level: 'info' },
  });
  expect(config.tenants).toMatchObject([
    { slug: 'lfx', settings: { defaultFrom: { email: 'noreply@lfx.linuxfoundation.org', name: 'LFX Self Serve' } } },
  ]);
  expect(rules).toEqual({
    ...{ fromDomains: ['lfx.linuxfoundation.org'], replyToDomains: ['linuxfoundation.org'], headers: [] },
  });
});

it('takes all that is set', () => {
  const { config, rules } = configured({
    ...{ NATS_URL: 'nats://one:4222, nats://two:4222', PORT: '9090', EMAIL_ENABLED: 'true', LOG_LEVEL: 'warn' },
    ...{ SMTP_HOST: 'smtp.example.com', SMTP_PORT: '2587', SMTP_USERNAME: 'user', SMTP_PASSWORD: 'planted' },
    ...{ DEFAULT_SMTP_FROM: 'team@example.org', DEFAULT_SMTP_FROM_DISPLAY_NAME: 'Team' },
    ...{ SMTP_ALLOWED_FROM_DOMAINS: '', SMTP_ALLOWED_REPLY_TO_DOMAINS: '' },
    ...{ SMTP_ALLOWED_RECIPIENT_DOMAINS: ' Example.com, example.net ', SES_CONFIGURATION_SET: 'engagement' },
    ...{ SES_EVENTING_ENABLED: 'true' },
    SES_ENGAGEMENT_SQS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/events',
  });
  expect(config).toMatchObject({
    http: { port: 9090 },
    providers: {
      smtp: {
        ...{
          type: 'smtp',
          host: 'smtp.example.com',
          port: 2587,
          tls: 'required',
          username: 'user',
          password: 'planted',
        },
        events: { sqsQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/events' },
      },
    },
    nats: { servers: ['nats://one:4222', 'nats://two:4222'] },
    policy: { recipientDomains: ['example.com', 'example.net'] },
    log: { level: 'warn' },
  });
  expect(config.tenants[0]?.settings.defaultFrom).toEqual({ email: 'team@example.org', name: 'Team' });
  expect(rules).toEqual({
    ...{ fromDomains: [], replyToDomains: [], headers: [['X-SES-CONFIGURATION-SET', 'engagement']] },
  });
});

it('asks for TLS by STARTTLS where it is offered, as that service does, unless there is a login', () => {
  const relay = { EMAIL_ENABLED: 't', SMTP_HOST: 'mailpit.example.com' };
  expect(configured(relay).config.providers.smtp).toMatchObject({ tls: 'opportunistic', port: 587 });
  const local = { EMAIL_ENABLED: '1', SMTP_USERNAME: 'user', SMTP_PASSWORD: 'planted' };
  expect(configured(local).config.providers.smtp).toMatchObject({ tls: 'opportunistic', host: 'localhost' });
});

it('takes a login out of the URL of NATS, which is shown in places', () => {
  const natsOf = (NATS_URL: string) => configured({ NATS_URL }).config.nats;
  expect(natsOf('nats://iep:pl%40nted@one:4222,nats://iep:pl%40nted@two:4222')).toMatchObject({
    ...{ servers: ['nats://one:4222', 'nats://two:4222'], user: 'iep', password: 'pl@nted' },
  });
  expect(natsOf('nats://planted@one:4222')).toMatchObject({ servers: ['nats://one:4222'], token: 'planted' });
  expect(natsOf('one:4222')).toMatchObject({ servers: ['one:4222'] });
});

it.each([
  [{ EMAIL_ENABLED: 'true', SES_EVENTING_ENABLED: 'true' }, /SES_ENGAGEMENT_SQS_QUEUE_URL is required/],
  [{ DEFAULT_SMTP_FROM: 'nobody' }, /DEFAULT_SMTP_FROM must be an address/],
  [{ PORT: '99999' }, /PORT must be a port/],
  [{ NATS_URL: 'nats://a:%zz@one' }, /NATS_URL must be a URL/],
  [{ SES_CONFIGURATION_SET: 'a\r\nBcc: b@example.com' }, /SES_CONFIGURATION_SET must be/],
])('refuses %j', (env, message) => {
  expect(() => lfxConfiguration(env as Record<string, string>)).toThrow(message);
});
