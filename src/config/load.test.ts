/** Configurations as people write them, in files and variables. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../cli/configuration.ts';
import { IepError } from '../core/errors.ts';
import type { LoadOptions } from './load.ts';
import { missingProviders } from './schema.ts';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (name: string, text: string) => {
  writeFileSync(join(cwd, name), text);
  return join(cwd, name);
};
const load = (options: Partial<LoadOptions> = {}) => loadConfig({ env: {}, cwd, ...options });
function refusal(options: Partial<LoadOptions> = {}): IepError {
  try {
    load(options);
  } catch (error) {
    if (error instanceof IepError && ['bad_config', 'config_missing'].includes(error.code)) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a login provider', () => {
  const one = { name: 'a', issuer: 'https://a.example', clientId: 'c', clientSecret: 's' };
  const mapped = (grant: unknown) => ({ ...one, roles: { claim: 'groups', map: { a: grant } } });

  it.each([
    ['an address without TLS', [{ ...one, issuer: 'http://a.example' }], '0.issuer'],
    ['the name of another way', [{ ...one, name: 'Passkey' }], '0.name'],
    ['a name that is a path', [{ ...one, name: '../a' }], '0.name'],
    ['an unknown role', [mapped('boss')], '0.roles.map.a'],
    ['a role that no tenant has', [mapped({ tenant: 'acme', role: 'owner' })], '0.roles.map.a'],
    ['a name twice', [one, { ...one, issuer: 'https://b.example' }], '1.name'],
  ])('is refused with %s', (_name, oidc, path) => {
    write('iep.config.yaml', JSON.stringify({ dashboard: { oidc } }));
    expect(refusal().errors?.map((fault) => fault.path)).toEqual([expect.stringContaining(`dashboard.oidc.${path}`)]);
  });

  it('may be on this machine without TLS, and give roles of tenants', () => {
    const near = { ...mapped([{ tenant: 'acme', role: 'admin' }]), issuer: 'http://[::1]:8080' };
    write('iep.config.yaml', JSON.stringify({ dashboard: { oidc: [near, { ...one, name: 'B-2' }] } }));
    expect(load().config.dashboard.oidc).toMatchObject([near, { name: 'B-2', trustEmail: false }]);
  });
});

describe('a wrong value of the environment', () => {
  it.each([
    ['IEP_RETRY_MAXATTEMPTS', 'five', 'must be a number'],
    ['IEP_RETRY_SCHEDULESECONDS', '60,300', "must be an array, written as YAML: '[first, second]'"],
    ['IEP_RETRY_SCHEDULESECONDS', '[60, soon]', '1: must be a number'],
    ['IEP_PROVIDERS_RELAY_PORT', 'many', 'must be a number'],
    ['IEP_DATADIR', 'file:nowhere', 'cannot be read'],
  ])('is told of the variable, not of the file: %s=%s', (name, value, says) => {
    const file = write('iep.config.yaml', 'retry: { maxAttempts: 3 }\nproviders: { relay: { type: smtp, host: h } }');
    const { message, errors } = refusal({ env: { [name]: value } });
    expect(message).toContain(`The environment: ${name}: `);
    expect(message).toContain(says);
    expect(message).not.toContain(file);
    expect(errors).toMatchObject([{ path: name }]);
  });

  it('is not there, and is said to be set', () => {
    write(
      'iep.config.yaml',
      'providers: { relay: { type: smtp, host: h, username: u, password: env:RELAY_PASSWORD } }',
    );
    const { message, extra } = refusal();
    expect(message).toContain('The environment has no variable RELAY_PASSWORD');
    expect(extra?.hint).toMatch(/^Set the variable/);
  });

  it('is told beside what the file has wrong', () => {
    const file = write('iep.config.yaml', 'http: { port: many }');
    const { message } = refusal({ env: { IEP_RETRY_MAXATTEMPTS: 'five' } });
    expect(message).toContain(`${file}: http.port: `);
    expect(message).toContain('; the environment: IEP_RETRY_MAXATTEMPTS: ');
  });
});

describe('where it comes from', () => {
  it('is the named file, then IEP_CONFIG, then iep.config.yaml here', () => {
    const here = write('iep.config.yaml', 'http: { port: 1 }');
    const other = write('other.yaml', 'http: { port: 2 }');
    const named = write('named.yaml', 'http: { port: 3 }');
    const env = { IEP_CONFIG: 'other.yaml' };
    expect(load()).toMatchObject({ file: here, config: { http: { port: 1 } } });
    expect(load({ env })).toMatchObject({ file: other, config: { http: { port: 2 } } });
    expect(load({ env, file: 'named.yaml' })).toMatchObject({ file: named, config: { http: { port: 3 } } });
  });

  it('is not a file in --dev unless one is named', () => {
    write('iep.config.yaml', 'http: { port: 1 }');
    const { file, config } = load({ dev: true });
    expect(file).toBeUndefined();
    expect(config.http.port).toBe(3000);
    expect(config.dataDir).toBe(join(cwd, 'iep-data'));
    expect(config.smtp.trustedNetworks.map((network) => network.tenant)).toEqual(['default', 'default']);
    expect(config.routing.primary).toBe('capture');
    const chaos = { chaos: [{ to: 'refuse@', do: 'refuse' }] };
    expect(load({ dev: true, devProvider: chaos }).config.providers.capture).toMatchObject({
      type: 'capture',
      ...chaos,
    });
    expect(load({ dev: true, file: 'iep.config.yaml' }).config.http.port).toBe(1);
  });

  it('has no way out and trusts nobody without a file outside --dev', () => {
    expect(load().config).toMatchObject({ providers: {}, smtp: { trustedNetworks: [] } });
  });

  it('takes relative paths as relative to the file', () => {
    mkdirSync(join(cwd, 'etc'));
    write('etc/secret', 'hunter2\n');
    write(
      'etc/iep.yaml',
      'dataDir: data\nproviders: { r: { type: smtp, host: h, username: u, password: "file:secret" } }',
    );
    const { config } = load({ file: 'etc/iep.yaml' });
    expect(config.dataDir).toBe(join(cwd, 'etc/data'));
    expect(config.providers.r).toMatchObject({ password: 'hunter2' });
  });

  it('may be empty', () => {
    write('iep.config.yaml', '# nothing\n');
    expect(load().config.http.port).toBe(3000);
  });
});

describe('the environment', () => {
  it('wins over the file, in the type that the key takes', () => {
    write('iep.config.yaml', 'http: { port: 1 }\nlog: { level: warn }');
    const env = {
      IEP_HTTP_PORT: '8080',
      IEP_DATADIR: '/srv/iep',
      IEP_LOG_SHOWADDRESSES: 'true',
      IEP_RETRY_JITTER: '0.5',
      IEP_RETRY_SCHEDULESECONDS: '[1, 2]',
      IEP_SMTP_TRUSTEDNETWORKS: '[{ cidr: 10.0.0.0/8, tenant: acme }]',
      IEP_LOG_LEVEL: '',
      IEP_POLICY_SENDING: 'off',
      IEP_POLICY_RECIPIENTDOMAINS: '[Example.com]',
    };
    const { config } = load({ env });
    expect(config.http.port).toBe(8080);
    expect(config.dataDir).toBe('/srv/iep');
    expect(config.log).toEqual({ level: 'warn', showAddresses: true });
    expect(config.retry).toMatchObject({ jitter: 0.5, scheduleSeconds: [1, 2] });
    expect(config.policy).toEqual({ sending: 'off', recipientDomains: ['example.com'] });
    expect(config.smtp.trustedNetworks).toEqual([{ cidr: '10.0.0.0/8', tenant: 'acme' }]);
  });

  it('reaches into a provider that the file names', () => {
    write('iep.config.yaml', 'providers: { my-relay: { type: smtp, host: h, username: u } }');
    const { config } = load({ env: { IEP_PROVIDERS_MY_RELAY_PASSWORD: 'p' } });
    expect(config.providers['my-relay']).toMatchObject({ password: 'p' });
  });

  it('can declare everything when there is no file', () => {
    const env = { IEP_PROVIDERS: '{ out: { type: smtp, host: h } }', IEP_ROUTING_PRIMARY: 'out' };
    const { config } = load({ env });
    expect(Object.keys(config.providers)).toEqual(['out']);
  });

  it('is read by env:NAME, numbers too', () => {
    write('iep.config.yaml', 'http: { port: "env:PORT" }\nsmtp: { trustedNetworks: "env:NETS" }');
    const { config } = load({ env: { PORT: '99', NETS: '[{cidr: "::1/128", tenant: t}]' } });
    expect(config.http.port).toBe(99);
    expect(config.smtp.trustedNetworks).toHaveLength(1);
  });
});

describe('a variable that sets nothing', () => {
  it.each([
    ['IEP_DATA_DIR', 'IEP_DATADIR'],
    ['IEP_POLICY_SENDNG', 'IEP_POLICY_SENDING'],
    ['IEP_HTTP_PROT', 'IEP_HTTP_PORT'],
    ['IEP_HTTP_PUBLIC_URL', 'IEP_HTTP_PUBLICURL'],
    ['IEP_RETRY_MAX_ATTEMPTS', 'IEP_RETRY_MAXATTEMPTS'],
    ['IEP_SMTP_BANNER', 'IEP_SMTP_'],
    ['IEP_APIKEY', 'IEP_API_KEY'],
    ['IEP_PROVIDERS_RELAY_PASSWRD', 'IEP_PROVIDERS_RELAY_PASSWORD'],
    ['IEP_PROVIDERS_OTHER_PASSWORD', 'IEP_PROVIDERS_RELAY_PASSWORD'],
  ])('%s is refused, and %s is named', (name, nearest) => {
    write('iep.config.yaml', 'providers: { relay: { type: smtp, host: h, username: u, password: p } }');
    const { errors, message } = refusal({ env: { [name]: 'x' } });
    expect(errors).toEqual([{ path: name, message: expect.stringContaining(`did you mean ${nearest}`) }]);
    expect(message).toContain(name);
  });

  it.each([
    ['IEP_SERVICE_HOST', '10.0.0.1'],
    ['IEP_SMTP_SERVICE_PORT_SUBMISSION', '2525'],
    ['IEP_PORT', 'tcp://10.0.0.1:3000'],
    ['IEP_SMTP_PORT', 'tcp://10.0.0.1:2525'],
    ['IEP_HTTP_PORT_3000_TCP_ADDR', '10.0.0.1'],
    ['IEP_OF_SOMETHING_ELSE', 'x'],
  ])('%s=%s is only warned of', (name, value) => {
    const { config, warnings } = load({ env: { [name]: value } });
    expect(warnings).toEqual([expect.stringContaining(name)]);
    expect(config.smtp.port).toBe(2525);
  });

  it.each([
    { IEP_TENANT: 't', IEP_URL: 'http://127.0.0.1:1', IEP_MASTER_KEY: 'x', IEP_SMTP_TLS_CERT: '' },
    { IEP_PROVIDERS_RELAY_PASSWORD: 'p', IEP_SECRET_OF_RELAY: 'p', IEP_HTTP_PORT: '1' },
  ])('is none of %j', (env) => {
    write(
      'iep.config.yaml',
      'providers: { relay: { type: smtp, host: h, username: u, password: "env:IEP_SECRET_OF_RELAY" } }',
    );
    expect(load({ env, withoutSecrets: true }).warnings).toEqual([]);
  });
});

describe('what is refused', () => {
  it('names the nearest known key', () => {
    const file = write(
      'iep.config.yaml',
      'htpp: {}\nsmtp: { maxMesageBytes: 1 }\nproviders: { r: { type: smtp, host: h, usrname: x } }',
    );
    const { errors, message } = refusal();
    expect(errors).toEqual([
      { path: 'smtp.maxMesageBytes', message: 'IEP has no such key; did you mean "maxMessageBytes"?' },
      { path: 'providers.r.usrname', message: 'IEP has no such key; did you mean "username"?' },
      { path: 'htpp', message: 'IEP has no such key; did you mean "http"?' },
    ]);
    expect(message).toContain(file);
    expect(message).toContain('htpp: IEP has no such key');
  });

  it('lists the known keys where nothing resembles', () => {
    write('iep.config.yaml', 'log: { xxxxxxxxxxxxxxxx: 1 }');
    expect(refusal().errors?.[0]?.message).toBe('IEP has no such key; known: level, showAddresses');
  });

  it.each([
    ['http: { port: many }', 'http.port'],
    ['http: { port: 70000 }', 'http.port'],
    ['http: 3', 'http'],
    ['[]', ''],
    ['smtp: { trustedNetworks: [ { cidr: localhost, tenant: t } ] }', 'smtp.trustedNetworks.0.cidr'],
    ['smtp: { tls: { cert: /etc/cert.pem, key: /etc/key.pem } }', 'smtp.tls.cert'],
    ['providers: { r: { type: carrier-pigeon } }', 'providers.r.type'],
    ['providers: { r: { type: smtp, host: h, username: u } }', 'providers.r'],
    ['policy: { sending: maybe }', 'policy.sending'],
    ['policy: { recipientDomains: ["*.example.com"] }', 'policy.recipientDomains.0'],
    ['tenants: [ { slug: a }, { slug: a } ]', 'tenants.1.slug'],
    ['http: { host: "env:NOT_SET" }', 'http.host'],
    ['http: { host: "file:not-there" }', 'http.host'],
    ['retry: { scheduleSeconds: [] }', 'retry.scheduleSeconds'],
  ])('%s at its path', (text, path) => {
    write('iep.config.yaml', text);
    expect(refusal().errors?.[0]?.path).toBe(path);
  });

  it('says where the YAML is broken, and what cannot be read', () => {
    write('iep.config.yaml', 'http: {\n');
    expect(refusal().message).toMatch(/iep\.config\.yaml is not valid YAML at line 2, column \d+: /);
    expect(refusal({ file: 'not-there.yaml' }).message).toMatch(/The file .*not-there\.yaml does not exist$/);
  });

  it('says that text which begins with * needs quotes, and where', () => {
    write('iep.config.yaml', 'policy:\n  recipientDomains: [*.example.com]');
    expect(refusal().message).toMatch(
      /iep\.config\.yaml is not valid YAML at line 2, column 22: text that begins with \* needs quotes$/,
    );
  });

  it('is the file as it stands, whatever the environment says beside it', () => {
    write('iep.config.yaml', 'just a text');
    expect(refusal({ env: { IEP_HTTP_PORT: '1' } }).errors).toMatchObject([{ path: '' }]);
    write('iep.config.yaml', 'http: [1]');
    expect(refusal({ env: { IEP_HTTP_PORT: '1' } }).errors).toMatchObject([{ path: 'http' }]);
  });

  it('never repeats a secret, nor the YAML around it', () => {
    write('iep.config.yaml', 'providers: { r: { type: smtp, host: h, username: u, password: *hunter2 } }');
    expect(refusal().message).not.toContain('hunter2');
    const env = { IEP_PROVIDERS: '{ r: { type: smtp, password: hunter2' };
    expect(JSON.stringify([refusal({ env }).message, refusal({ env }).errors])).not.toContain('hunter2');
  });

  it('never repeats a secret that is of the wrong type', () => {
    write(
      'iep.config.yaml',
      'providers: { r: { type: smtp, host: h, username: u, password: "env:SECRET", port: "env:SECRET" } }',
    );
    const refused = refusal({ env: { SECRET: 'hunter2' } });
    expect(JSON.stringify([refused.message, refused.errors])).not.toContain('hunter2');
  });
});

it('tells which providers the configuration uses that nobody made', () => {
  write(
    'iep.config.yaml',
    'providers: { r: { type: capture } }\n' +
      'routing: { primary: r, fallback: made, split: { r: 1, x: 2 } }\n' +
      'tenants: [ { slug: a, settings: { primary: nowhere, route: [r, y] } } ]',
  );
  expect(missingProviders(load().config, ['r', 'made']).map(({ path }) => path)).toEqual([
    'routing.split.x',
    'tenants.0.settings.primary',
    'tenants.0.settings.route.1',
  ]);
});
