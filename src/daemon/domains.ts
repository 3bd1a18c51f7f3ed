/** Sender domains and their signatures, from the configuration. */

import type { Config } from '../config/schema.ts';
import { createDkimSigner, type DkimSigner } from '../dkim/signer.ts';
import { createDns } from '../domains/dns.ts';
import { createDomains, type Domains } from '../domains/domains.ts';
import type { Ground, Stations } from './stations.ts';

export interface DomainParts {
  readonly domains: Domains;
  readonly dkim: DkimSigner;
}

export function createDomainParts(
  deps: Omit<Ground, 'log' | 'blobs'> & Pick<Stations, 'directory'>,
  { domains: { dnsServers, ...options } }: Config,
): DomainParts {
  const dkim = createDkimSigner(deps);
  const onChange = () => {
    dkim.forget();
    deps.directory.forget();
  };
  const openDns = createDns(deps, { servers: dnsServers });
  return { dkim, domains: createDomains({ ...deps, openDns, onChange }, options) };
}
