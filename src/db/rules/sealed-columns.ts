/**
 * Where texts stand that the vault sealed: what a new master key has to seal anew, and what is lost with a lost one. A
 * column that holds sealed texts and is not here would be lost by a rotation; a test looks for such columns, and for the
 * triggers of the schema that keep texts of a retired key out of each.
 */

export interface SealedColumn {
  readonly table: string;
  /** The column that names a row. */
  readonly id: string;
  readonly column: string;
  /** The context it was sealed for is this and the row's id. */
  readonly context: string;
}

export const sealedColumns: readonly SealedColumn[] = [
  { table: 'webhook_endpoints', id: 'id', column: 'secret', context: 'webhook:' },
  { table: 'webhook_endpoints', id: 'id', column: 'previous_secret', context: 'webhook:' },
  { table: 'providers', id: 'name', column: 'settings', context: 'provider:' },
  { table: 'provider_tokens', id: 'provider', column: 'token', context: 'token:' },
  { table: 'totp_secrets', id: 'user_id', column: 'secret', context: 'totp:' },
  { table: 'definitions', id: 'id', column: 'sealed', context: 'definition:' },
  { table: 'subscriber_channels', id: 'id', column: 'sealed', context: 'subscriber:' },
  { table: 'dkim_keys', id: 'id', column: 'private_key', context: 'dkim:' },
];
