/** The examination by the daemon itself: its store is open, and its configuration is the one in force. */

import { readTokens } from '../kept-tokens.ts';
import { declaredProviders } from '../known-providers.ts';
import { checkCertificates } from './certificates.ts';
import { checkDisk, checkPermissions } from './directory.ts';
import { cannotOpen, examineStore, type Opened } from './examine.ts';
import type { Finding } from './finding.ts';
import { checkProviders } from './providers.ts';

/** Yields a finding for whatever goes wrong, and does not reject. */
export async function* examineRunning(opened: Opened): AsyncGenerator<Finding> {
  const { config, data, clock } = opened;
  try {
    const certificates = [['http.tls', config.http.tls?.cert] as const, ['smtp.tls', config.smtp.tls?.cert] as const];
    yield* checkCertificates(certificates, clock.now());
    yield* checkPermissions(data);
    yield await checkDisk(data);
    yield* checkProviders(declaredProviders(config), { clock, tokens: readTokens(opened) });
    yield* examineStore(opened);
  } catch (error) {
    yield cannotOpen('doctor', error);
  }
}
