/** Sender domains and their signatures, from the configuration. */

import { createDns } from '../../manage/domains/dns.ts';
import { createDomains, type Domains } from '../../manage/domains/domains.ts';
import { createDkimSigner, type DkimSigner } from '../../message/dkim/signer.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { makeKeyPairs } from './key-maker.ts';
import type { Ground, Stations } from './stations.ts';

export interface DomainParts {
  readonly domains: Domains;
  readonly dkim: DkimSigner;
}

export function createDomainParts(
  deps: Omit<Ground, 'log' | 'blobs'> & Pick<Stations, 'directory'>,
  config: LiveConfig,
): DomainParts {
  const dkim = createDkimSigner(deps);
  const onChange = () => {
    dkim.forget();
    deps.directory.forget();
  };
  const dns = config.options(({ domains }) => ({ open: createDns(deps, { servers: domains.dnsServers }) }));
  const options = config.options(({ domains: { dnsServers: _, ...names } }) => names);
  return { dkim, domains: createDomains({ ...deps, makeKeyPairs, openDns: () => dns.open(), onChange }, options) };
}
