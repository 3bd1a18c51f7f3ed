/**
 * Preloaded into a process (`node --import`): makes it one of a version whose schema is one step further. The step is made
 * up; nobody releases it.
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';

const NAME = '9000-made-up.sql';
const SQL = 'ALTER TABLE tenants ADD COLUMN made_up TEXT;';
const isMigrations = (path: unknown): boolean => typeof path === 'string' && path.endsWith('src/db/migrations');

const { readdirSync, readFileSync } = fs;
type Callable = (...args: unknown[]) => unknown;

fs.readdirSync = ((path: unknown, ...rest: unknown[]) => {
  const found = (readdirSync as Callable)(path, ...rest) as unknown[];
  return isMigrations(path) ? [...found, { name: NAME, isFile: () => true }] : found;
}) as typeof fs.readdirSync;

fs.readFileSync = ((path: unknown, ...rest: unknown[]) =>
  typeof path === 'string' && basename(path) === NAME && isMigrations(dirname(path))
    ? SQL
    : (readFileSync as Callable)(path, ...rest)) as typeof fs.readFileSync;

syncBuiltinESMExports();
