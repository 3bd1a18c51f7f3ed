/** The tenant that a client of the SMTP door stands for: by its login, or by the network it comes from. Nobody else may relay. */

import type { Directory } from '../access/directory.ts';
import type { Keys } from '../access/keys.ts';
import { IepError } from '../core/errors.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

/** What was presented. It is looked at again with each message, because a key can be revoked while a session lasts. */
export interface GivenLogin {
  readonly username: string;
  readonly password: string;
}

export interface Identify {
  /** Throws the refusal that AUTH is answered with. */
  login(login: GivenLogin, address: string): Promise<Tenant>;
  /** The tenant that a trusted network stands for. Throws `forbidden` when that tenant does not exist. */
  trusted(slug: string): Promise<Tenant>;
  /** The user name where it is a tenant's. Any other is not for the log: it may be the password, in the wrong field. */
  knownName(username: string): Promise<string | undefined>;
}

export function createIdentify(deps: { keys: Pick<Keys, 'verify'>; directory: Pick<Directory, 'bySlug'> }): Identify {
  const { keys, directory } = deps;
  return {
    async login({ password }, address) {
      const principal = await keys.verify(password, address);
      if (principal.kind === 'operator') {
        throw new IepError('unauthorized', "An operator's key belongs to no tenant; log in with a tenant's key");
      }
      if (!principal.scopes.has('send')) {
        throw new IepError('unauthorized', 'This key may not send: it lacks the scope send');
      }
      // The key alone says who it is. Who looked whether the user name is another tenant's would tell which tenants there are.
      return principal.tenant;
    },

    async knownName(username) {
      return (await directory.bySlug(username))?.slug;
    },

    async trusted(slug) {
      const tenant = await directory.bySlug(slug);
      if (tenant === undefined) {
        throw new IepError('forbidden', `This network may send as tenant ${slug}, which does not exist`);
      }
      if (!tenant.active) throw new IepError('tenant_inactive');
      return tenant;
    },
  };
}
