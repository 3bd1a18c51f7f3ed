/** The verbs about providers made by command. */

import { IepError } from '../../../core/errors.ts';
import type { StoredProvider } from '../../verbs/providers.ts';
import type { Verb } from '../verb.ts';

interface ProviderColumns {
  name: string;
  type: string;
  settings: string;
  created_at: number;
  updated_at: number;
}

export const list: Verb<'providers.list'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], ProviderColumns>('SELECT * FROM providers ORDER BY name');
    return async () => (await select.all()).map(providerOf);
  },
};

export const add: Verb<'providers.add'> = {
  kind: 'write',
  prepare(db) {
    const insert = db.prepare(
      `INSERT INTO providers (name, type, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO NOTHING`,
    );
    return async ({ name, type, settings, createdAt, updatedAt }) => {
      if ((await insert.run(name, type, settings, createdAt, updatedAt)).changes > 0) return;
      throw new IepError('conflict', `There is a provider ${name} already.`);
    };
  },
};

export const set: Verb<'providers.set'> = {
  kind: 'write',
  prepare(db) {
    const update = db.prepare('UPDATE providers SET settings = ?, updated_at = ? WHERE name = ?');
    return async ({ name, settings, now }) => (await update.run(settings, now, name)).changes > 0;
  },
};

export const remove: Verb<'providers.remove'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare('DELETE FROM providers WHERE name = ?');
    const forget = db.prepare('DELETE FROM provider_tokens WHERE provider = ?');
    return async ({ name }) => {
      if ((await remove.run(name)).changes === 0) return false;
      await forget.run(name);
      return true;
    };
  },
};

export const keptToken: Verb<'providers.keptToken'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], string>('SELECT token FROM provider_tokens WHERE provider = ?').pluck();
    return ({ provider }) => select.get(provider);
  },
};

export const keepToken: Verb<'providers.keepToken'> = {
  kind: 'write',
  prepare(db) {
    const put = db.prepare(
      `INSERT INTO provider_tokens (provider, token, updated_at) VALUES (?, ?, ?)
       ON CONFLICT (provider) DO UPDATE SET token = excluded.token, updated_at = excluded.updated_at`,
    );
    return async ({ provider, token, now }) => {
      await put.run(provider, token, now);
    };
  },
};

function providerOf(row: ProviderColumns): StoredProvider {
  return {
    name: row.name,
    type: row.type,
    settings: row.settings,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
