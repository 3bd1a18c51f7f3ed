/** The doctor of a daemon that runs, one examination at a time; it is loaded when it is called for the first time. */

import type { Doctor, DoctorRun } from '../../api/deps.ts';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import type { App } from '../../http/app.ts';
import type { Opened } from '../../manage/doctor/examine.ts';
import type { Finding } from '../../manage/doctor/finding.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export type DoctorDeps = Omit<Opened, 'config' | 'ask' | 'deep' | 'progress'> & {
  readonly clock: Clock;
  /** The routes, as the operator calls them. */
  readonly app: () => App;
};

export function createDoctor({ app, ...opened }: DoctorDeps, config: LiveConfig): Doctor {
  let latest: (DoctorRun & { endedAt?: number; readonly findings: Finding[] }) | undefined;

  const ask: Opened['ask'] = async (url) => {
    const answer = await app().request(new URL(url).pathname);
    return { status: answer.status, text: await answer.text() };
  };

  async function examine(findings: Finding[]): Promise<void> {
    const { examineRunning } = await import('../../manage/doctor/examine-running.ts');
    const all = { ...opened, config: config.now(), ask, deep: false, progress: () => undefined };
    for await (const finding of examineRunning(all)) findings.push(finding);
  }

  return {
    latest: () => latest,
    start() {
      if (latest !== undefined && latest.endedAt === undefined) {
        throw new IepError('conflict', 'An examination is under way');
      }
      const begun: typeof latest = { startedAt: opened.clock.now(), findings: [] };
      latest = begun;
      void examine(begun.findings).finally(() => {
        begun.endedAt = opened.clock.now();
      });
      return begun;
    },
  };
}
