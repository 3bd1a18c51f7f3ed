/** A tenant's own SMTP server, as seed 004 has it: a provider of a name of its own, and the tenant's default sender. */

import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Json } from '../core/message.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Caller } from './audit/caller.ts';
import type { ProviderActions } from './provider-actions.ts';
import type { ProviderDesk, ProviderTest } from './providers.ts';
import type { Tenants } from './tenants.ts';
import type { WebhookDesk } from './webhooks.ts';

export interface TenantSmtp {
  readonly server: string;
  readonly port: number;
  readonly username?: string | undefined;
  /** Only given; it is sealed, and nobody is shown it. Left out, that which is there stays. */
  readonly password?: string | undefined;
  /** From the first byte (`implicit`), by STARTTLS (`required`), or where the server offers it. */
  readonly tls: 'implicit' | 'required' | 'opportunistic';
  readonly fromEmail: string;
  readonly fromName?: string | undefined;
}

export interface SmtpSettingsDesk {
  /** Undefined: there are none. */
  get(tenant: Tenant): Promise<Omit<TenantSmtp, 'password'> | undefined>;
  /** `isOperator`: who may name a server of a private network. */
  set(caller: Caller, input: { tenant: Tenant; settings: TenantSmtp; isOperator: boolean }): Promise<void>;
  /** Sends a small mail by it, past the queue. Refuses with `not_found`. */
  test(caller: Caller, input: { tenant: Tenant; to: string }): Promise<ProviderTest>;
}

export interface SmtpSettingsDeps {
  readonly providers: Pick<ProviderDesk, 'list' | 'usableBy'>;
  readonly webhooks: Pick<WebhookDesk, 'refusalOf' | 'allowNetworks'>;
}

/** The provider that a tenant's SMTP settings are. */
export function smtpProviderOf({ id }: Pick<Tenant, 'id'>): string {
  return `tenant-smtp-${id.replaceAll('-', '')}`;
}

export function createSmtpSettingsDesk(
  { providers: desk, webhooks }: SmtpSettingsDeps,
  { providers, tenants }: { readonly providers: ProviderActions; readonly tenants: Pick<Tenants, 'set'> },
): SmtpSettingsDesk {
  async function shownOf(tenant: Tenant) {
    return (await desk.list()).find(({ name }) => name === smtpProviderOf(tenant));
  }

  return {
    async get(tenant) {
      const shown = await shownOf(tenant);
      if (shown === undefined) return undefined;
      const { host, port, username, tls } = shown.settings;
      const isBare = tls !== 'implicit' && tls !== 'required';
      const { email = '', name } = tenant.settings.defaultFrom ?? {};
      return {
        ...{ server: String(host), port: Number(port), fromEmail: email },
        tls: isBare ? 'opportunistic' : tls,
        ...(typeof username === 'string' && { username }),
        ...(name !== undefined && { fromName: name }),
      };
    },
    async set(caller, { tenant, settings, isOperator }) {
      const { server: host, port, username, password, tls, fromEmail, fromName } = settings;
      const refusal = isOperator ? undefined : webhooks.refusalOf(`http://${hostInUrl(host)}/`);
      if (refusal !== undefined) throw invalid([{ path: 'smtp_server', message: `cannot be used: ${refusal}` }]);
      const name = smtpProviderOf(tenant);
      const isThere = (await shownOf(tenant)) !== undefined;
      const login: Record<string, Json> =
        username === undefined
          ? isThere
            ? { username: null, password: null }
            : {}
          : { username, ...(password !== undefined && { password }) };
      const said = { host, port, tls: tls === 'opportunistic' && isLoopback(host) ? 'none' : tls, ...login };
      // What the name leads to is looked at by each connection.
      const networks = isOperator
        ? isThere
          ? { allowNetworks: null }
          : {}
        : { allowNetworks: [...webhooks.allowNetworks()] };
      if (isThere) await providers.set(caller, { name, settings: { ...said, ...networks } });
      else await providers.add(caller, { name, settings: { type: 'smtp', ...said, ...networks } });
      const usable = desk.usableBy(tenant.settings).filter((one) => one !== name);
      await tenants.set(caller, {
        tenant: tenant.id,
        settings: {
          providers: [...usable, name],
          defaultFrom: { email: fromEmail, ...(fromName !== undefined && { name: fromName }) },
        },
      });
    },
    async test(caller, { tenant, to }) {
      if ((await shownOf(tenant)) === undefined) {
        throw new IepError('not_found', 'The tenant has no SMTP settings; post them first.');
      }
      const from = tenant.settings.defaultFrom?.email;
      return providers.test(caller, { name: smtpProviderOf(tenant), to, ...(from !== undefined && { from }) });
    },
  };
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host;
}
