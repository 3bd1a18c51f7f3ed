import { describe, expect, it } from 'vitest';
import { announce, commandLine } from './announce.ts';

const running = {
  http: { host: '0.0.0.0', port: 3000 },
  smtp: { host: '::1', port: 2525 },
  dataDir: '/srv/iep-data',
  tenant: 'default',
  command: 'dist/iep',
};

describe('what is told at the start of --dev', () => {
  it('shows the key at the first run only', () => {
    const first = announce({ ...running, firstRun: { tenant: 'default', key: 'iep_p_s' } });
    expect(first).toContain('API key  iep_p_s   (shown this once)');
    expect(first).toContain('-H "x-api-key: iep_p_s"');
    const later = announce({ ...running, firstRun: undefined });
    expect(later).not.toContain('iep_p_s');
    expect(later).toContain('`dist/iep key add --tenant default --scopes send,read` makes another');
  });

  it('shows the link that signs in to the dashboard', () => {
    const signIn = 'http://localhost:3000/ui/link#iep_link_x';
    expect(announce({ ...running, firstRun: undefined, signIn })).toContain(`browser  ${signIn}   (signs in once`);
  });

  it('names addresses that can be connected to', () => {
    const text = announce({ ...running, firstRun: undefined });
    expect(text).toContain('curl -sS http://localhost:3000/v1/messages');
    expect(text).toContain('curl -sS smtp://[::1]:2525 ');
    expect(announce({ ...running, publicUrl: 'https://mail.example.com', firstRun: undefined })).toContain(
      'curl -sS https://mail.example.com/v1/messages',
    );
  });
});

describe('the command over the same store', () => {
  it('needs to be told where it is only when that is not the default', () => {
    const here = { cwd: '/work', file: undefined, tenant: undefined };
    expect(commandLine({ ...here, dataDir: '/work/iep-data' })).toBe('node src/main.ts');
    expect(commandLine({ ...here, dataDir: '/srv/my data' })).toBe("IEP_DATADIR='/srv/my data' node src/main.ts");
    expect(commandLine({ ...here, dataDir: '/work/iep-data', otherFile: '/etc/iep/iep.config.yaml' })).toBe(
      'IEP_DATADIR=/work/iep-data node src/main.ts',
    );
    expect(commandLine({ ...here, dataDir: '/work/iep-data', tenant: 'default' })).toBe(
      'node src/main.ts --tenant default',
    );
    expect(commandLine({ ...here, dataDir: '/x', file: '/etc/iep.yaml' })).toBe(
      'node src/main.ts --config /etc/iep.yaml',
    );
  });
});
