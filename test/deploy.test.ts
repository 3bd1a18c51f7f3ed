/**
 * What is in `deploy/` is right as far as it can be known here: the units by systemd's own tools, the system calls that the
 * daemon makes against the filter it is put under, rules and expressions by promtool, and every metric, variable and key by
 * what there really is. No Docker engine runs where this runs, so its files are read, not run.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../src/base/observe/metrics.ts';
import { checkConfig, configSchema } from '../src/cli/configuration.ts';
import { keysOf, pathsOf } from '../src/config/keys.ts';

const root = join(import.meta.dirname, '..');
const deploy = join(root, 'deploy');
const read = (path: string) => readFileSync(join(deploy, path), 'utf8');
const variables = new Set(
  pathsOf(keysOf(configSchema)).map(
    (path) =>
      `IEP_${path
        .replace(/\.\*.*$/, '')
        .replaceAll('.', '_')
        .toUpperCase()}`,
  ),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-deploy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const exposed = join(root, '.cache/bin/promtool');
const promtool = existsSync(exposed) ? exposed : 'promtool';

describe.skipIf(!has('systemd-analyze'))('the systemd units (skipped where systemd-analyze is missing)', () => {
  const units = ['iep.service', 'iep-http.socket', 'iep-smtp.socket'];

  it('are understood whole', () => {
    for (const unit of units) {
      // The program need not be installed where this runs.
      const text = read(`systemd/${unit}`).replaceAll('/usr/local/bin/iep', '/bin/true');
      writeFileSync(join(folder, unit), text);
    }
    const paths = units.map((unit) => join(folder, unit));
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('leave the daemon little to do harm with', () => {
    const args = ['security', '--offline=true', '--threshold=20', join(deploy, 'systemd/iep.service')];
    const { stdout, status } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(status, stdout.split('\n').slice(-3).join('\n')).toBe(0);
  });

  it.skipIf(!has('strace'))(
    'allow every system call that the daemon makes (skipped where strace is missing)',
    async () => {
      const trace = join(folder, 'trace');
      const args = ['-f', '-qq', '-o', trace, process.execPath, join(root, 'src/main.ts'), 'serve', '--dev'];
      const daemon = spawn('strace', args, {
        cwd: folder,
        env: { PATH: process.env.PATH, IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0' },
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
      const ended = new Promise((resolve) => daemon.once('close', resolve));
      const tell = (signal: NodeJS.Signals) => daemon.pid !== undefined && process.kill(-daemon.pid, signal);
      try {
        for await (const line of createInterface({ input: daemon.stdout })) {
          if (line.includes('the daemon is up')) {
            const { port } = (JSON.parse(line) as { smtp: { port: number } }).smtp;
            const mail = ['--crlf', '--mail-from', 'a@example.com', '--mail-rcpt', 'b@example.com', '-T', '-'];
            execFileSync('curl', ['-sS', `smtp://127.0.0.1:${port}`, ...mail], { input: 'From: a@example.com\n\nx\n' });
          }
          if (line.includes('"msg":"attempt"')) tell('SIGTERM');
        }
        await ended;
      } finally {
        if (daemon.exitCode === null && daemon.signalCode === null) tell('SIGKILL');
      }
      const used = new Set(
        [...readFileSync(trace, 'utf8').matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, name = '']) => name),
      );
      expect(used.size).toBeGreaterThan(30);
      const filters = [...read('systemd/iep.service').matchAll(/^SystemCallFilter=(.*)$/gm)].map(
        ([, sets = '']) => sets,
      );
      const setsOf = (wanted: (filter: string) => boolean) =>
        new Set(filters.filter(wanted).flatMap((filter) => filter.replace('~', '').split(' ').flatMap(callsOf)));
      const allowed = setsOf((filter) => !filter.startsWith('~')).union(new Set(callsOf('@default')));
      const denied = setsOf((filter) => filter.startsWith('~'));
      // SQLite gives its files to the owner of the database, which it tries as root alone.
      const asRoot = process.getuid?.() === 0 ? new Set(['fchown']) : new Set<string>();
      expect([...used.difference(allowed.difference(denied)).difference(asRoot)]).toEqual([]);
    },
  );

  it('name the sockets as the daemon knows them', () => {
    for (const door of ['http', 'smtp']) {
      const text = read(`systemd/iep-${door}.socket`);
      expect(text).toContain(`FileDescriptorName=${door}\n`);
      // It would be closed by a restart of the daemon, and refuse whoever comes meanwhile.
      expect(text).not.toMatch(/^(PartOf|BindsTo)=/m);
    }
    expect(read('systemd/iep.service')).toMatch(/^Sockets=iep-http.socket iep-smtp.socket$/m);
    expect(read('systemd/iep.service')).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});

/** The calls of a set, sets within it included. */
function callsOf(set: string): readonly string[] {
  if (!set.startsWith('@')) return [set];
  return execFileSync('systemd-analyze', ['syscall-filter', set], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line !== set)
    .flatMap(callsOf);
}

describe.skipIf(!has(promtool))('the alert rules (skipped where promtool is missing)', () => {
  const run = (args: readonly string[], cwd = join(deploy, 'prometheus')) =>
    spawnSync(promtool, args, { cwd, encoding: 'utf8' });

  it('are rules, and fire when they should', () => {
    expect(run(['check', 'rules', 'iep-rules.yml'])).toMatchObject({ status: 0 });
    const { status, stdout, stderr } = run(['test', 'rules', 'iep-rules.test.yml']);
    expect(status, stdout + stderr).toBe(0);
    expect(run(['check', 'config', '--syntax-only', 'prometheus.yml'])).toMatchObject({ status: 0 });
  });

  it('are held by their tests: each has one, and none passes with another threshold', () => {
    const rules = alertRules().map(({ alert }) => alert);
    const tests = parse(read('prometheus/iep-rules.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const fired = tests.tests.flatMap(({ alert_rule_test }) =>
      alert_rule_test.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname),
    );
    expect(fired.sort()).toEqual([...rules].sort());
    const other = join(folder, 'rules');
    cpSync(join(deploy, 'prometheus'), other, { recursive: true });
    const text = read('prometheus/iep-rules.yml');
    for (const [from, to] of [
      ['> 1000', '> 1001'],
      ['> 10\n', '> 40\n'],
      ['> 120\n', '> 300\n'],
      ['> 0.1\n        for: 5m', '> 0.4\n        for: 5m'],
      ['iep_claim_failures > 2', 'iep_claim_failures > 1'],
      ['> 0.5\n        for: 1h', '> 0.4\n        for: 1h'],
    ] as const) {
      expect(text).toContain(from);
      writeFileSync(join(other, 'iep-rules.yml'), text.replace(from, to));
      expect(run(['test', 'rules', 'iep-rules.test.yml'], other).status, from).not.toBe(0);
    }
  });

  it('and the dashboard have expressions that Prometheus can read', () => {
    const groups = [
      { name: 'all', rules: dashboardExpressions().map((expr, at) => ({ record: `panel:${at}`, expr })) },
    ];
    writeFileSync(join(folder, 'panels.yml'), JSON.stringify({ groups }));
    const { status, stderr, stdout } = run(['check', 'rules', join(folder, 'panels.yml')]);
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain(`${dashboardExpressions().length} rules found`);
  });
});

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly action: string };
}

function alertRules(): readonly AlertRule[] {
  const { groups } = parse(read('prometheus/iep-rules.yml')) as { groups: { rules: AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

function dashboardExpressions(): readonly string[] {
  const { panels } = JSON.parse(read('grafana/iep-dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
  return panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*')),
  );
}

describe('what is watched', () => {
  it('is there: rules and dashboard name only metrics that the daemon has', async () => {
    const metrics = createMetrics();
    const exposed = new Set([...(await metrics.render()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(namesOf));
    metrics.close();
    // Made by Prometheus itself.
    exposed.add('up');
    const expressions = [...alertRules().map(({ expr }) => expr), ...dashboardExpressions()];
    const named = expressions.flatMap((expr) =>
      [...expr.matchAll(/\b(up|(?:iep|process|nodejs)_\w+)\b/g)].map(([name]) => name),
    );
    expect(named.filter((name) => !exposed.has(name))).toEqual([]);
    expect(new Set(named).size).toBeGreaterThan(12);
  });

  it('has an action for each alert, and a place in the documentation', () => {
    const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
    for (const { alert, annotations } of alertRules()) {
      expect(annotations.action, alert).toMatch(/\b(iep|systemctl|journalctl) /);
      expect(page).toContain(`\`${alert}\``);
    }
  });
});

/** A histogram or summary is read under other names than its own. */
function namesOf([, name = '', type = '']: RegExpExecArray): readonly string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

describe('the image (read, not run: no Docker engine here)', () => {
  const instructions = read('Dockerfile')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
  const last = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
  const only = (word: string) => last.filter((one) => one.word === word).map(({ rest }) => rest);

  it('runs as nobody in particular, says its ports and how it is, and stops as the daemon does', () => {
    expect(only('USER')).toEqual(['10001:10001']);
    expect(only('EXPOSE')).toEqual(['3000 2525']);
    expect(only('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(only('ENTRYPOINT')).toEqual(['["iep"]']);
    expect(only('HEALTHCHECK')[0]).toContain('CMD ["iep", "doctor", "--daemon"]');
    expect(only('RUN')[0]).toMatch(/libatomic1 libstdc\+\+6.*rm -rf \/var\/lib\/apt\/lists/);
  });

  it('takes nothing from the network but its base and packages, and copies only the executable', () => {
    expect(instructions.filter(({ word, rest }) => word === 'ADD' || /https?:\/\//.test(rest))).toEqual([]);
    expect(only('COPY')).toEqual(['--from=build /src/dist/iep /usr/local/bin/iep']);
    expect(last[0]?.rest).toMatch(/^debian:\w+-slim$/);
    for (const [name] of (only('ENV')[0] ?? '').matchAll(/\bIEP_\w+(?==)/g)) expect(variables).toContain(name);
  });

  it('is built from a context without what is large or secret', () => {
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['node_modules', 'iep-data', '.git']));
    const copied = instructions.filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'));
    for (const { rest } of copied)
      for (const path of rest.split(' ').slice(0, -1)) expect(existsSync(join(root, path))).toBe(true);
  });
});

describe('compose', () => {
  interface Service {
    readonly build?: { context: string; dockerfile: string };
    readonly volumes?: readonly string[];
    readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[];
    readonly ports?: readonly string[];
    readonly [key: string]: unknown;
  }
  const compose = parse(read('compose.yaml')) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };

  it('mounts files that are there and volumes that it declares', () => {
    for (const [name, { volumes = [] }] of Object.entries(compose.services)) {
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(join(deploy, source)), `${name}: ${source}`).toBe(true);
        else expect(Object.keys(compose.volumes), name).toContain(source);
      }
    }
    const { build } = compose.services.iep ?? {};
    expect(existsSync(join(deploy, build?.context ?? '', build?.dockerfile ?? ''))).toBe(true);
  });

  it('publishes on loopback only, waits for what is there, and leaves the daemon no privilege', () => {
    for (const { ports = [], depends_on = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const name of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)) {
        expect(Object.keys(compose.services)).toContain(name);
      }
    }
    expect(compose.services.iep).toMatchObject({
      ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      healthcheck: { test: ['CMD', 'iep', 'doctor', '--daemon'] },
    });
  });

  it('has a configuration that is one', () => {
    const document: unknown = parse(read('iep.config.yaml'));
    expect(checkConfig({ document, env: {}, directory: deploy, source: 'compose' }).routing.primary).toBe('capture');
  });
});

describe('.env.example', () => {
  const lines = [...read('.env.example').matchAll(/^#?([A-Z][A-Z_0-9]+)=(.*)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));

  it('names every variable, with a value that it takes', () => {
    const ours = lines.filter(({ name }) => name.startsWith('IEP_'));
    expect(new Set(ours.map(({ name }) => name))).toEqual(variables);
    const env = Object.fromEntries(
      ours.filter(({ value }) => !value.startsWith('file:')).map(({ name, value }) => [name, value]),
    );
    const { IEP_SMTP_TLS_IMPLICITPORT: _port, ...plain } = env;
    const providers = { relay: { type: 'null' } };
    const config = checkConfig({ document: { providers }, env: plain, directory: deploy, source: 'the example' });
    expect(config.retry.scheduleSeconds).toEqual([60, 300, 900, 3600]);
    expect(config.chores.space).toBe('27 * * * *');
  });
});
