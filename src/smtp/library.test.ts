/**
 * What the door uses of smtp-server that smtp-server does not promise: members of its classes, read, called or overridden.
 * Each stands here by name, a method with a digest of its source and a field with what it begins as, so that the first
 * that another version changes fails. CONTRIBUTING says what to look at then.
 */

import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { describe, expect, it } from 'vitest';

const server = new SMTPServer({ logger: false });
const connection = new SMTPConnection(server, new Socket(), { id: 'x' });

const used = [
  {
    file: 'parser.ts',
    from: new SMTPStream({}),
    members: {
      _dataMode: 'false',
      _remainder: 'string',
      _write: 'a72635ce53e2',
      isClosed: 'false',
    },
  },
  {
    file: 'connection.ts',
    from: connection,
    members: {
      _armTimeout: 'b8bc04964752',
      _closed: 'false',
      _closing: 'false',
      _createParser: '15ca8c360137',
      _getEnhancedStatusCode: 'c0488b13c426',
      _handlerPending: 'false',
      _isSupported: 'dbbb9a8918cf',
      _onClose: '097b8d221da5',
      _onCommand: '41c8a1b7a32a',
      _onError: 'ddcc47e46ea9',
      _parseAddressCommand: '9f368803e4fd',
      _parser: 'SMTPStream',
      _resetSession: '2bf7682ca138',
      _server: 'SMTPServer',
      _setListeners: 'cf07ab6f47db',
      _socket: 'Socket',
      _transactionCounter: '0',
      _transmissionType: '923b346437b2',
      _unrecognizedCommands: '0',
      _upgrading: 'false',
      close: '4b80aaabd134',
      connectionReady: '361a2b1de88f',
      handler_AUTH: '2533179c785e',
      handler_DATA: '9eceecf35f56',
      handler_EHLO: '42394b3ad94f',
      handler_HELO: 'b95050ffd35b',
      handler_MAIL: 'a40618dd2e16',
      handler_VRFY: 'bf60f9186fa3',
      hostNameAppearsAs: 'false',
      init: '1265a7d7ca8f',
      name: 'string',
      remoteAddress: 'string',
      secure: 'false',
      send: 'c33568c0111a',
      session: 'Object',
      upgrade: '6a3fa8a3ee41',
    },
  },
  {
    file: 'server.ts',
    from: server,
    members: {
      _handleProxy: 'b52456c48b04',
      _pendingSockets: 'Map',
      connect: '9818ea13a1c3',
      connections: 'Set',
      options: 'Object',
      server: 'Server',
      updateSecureContext: '643afa2b7bfe',
    },
  },
] as const;

/** A method as a digest of its source; a field as what it begins as. */
function shapeOf(value: unknown): string {
  if (typeof value === 'function') return createHash('sha256').update(value.toString()).digest('hex').slice(0, 12);
  if (typeof value === 'string') return 'string';
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}

/** Members of the library that a file of ours names. Node's own are promised, and so are the handlers (`onAuth`). */
function namedIn(file: string, from: object): readonly string[] {
  const source = readFileSync(join(import.meta.dirname, file), 'utf8');
  const names = [...source.matchAll(/\b(?:this|super)\.(\w+)|\boverride (\w+)\(/g)].map(
    ([, used, own]) => used ?? own ?? '',
  );
  const isTheirs = (name: string) => name.startsWith('_') || (name in from && !(name in EventEmitter.prototype));
  return [...new Set(names)].filter((name) => isTheirs(name) && !/^on[A-Z]|^_final$/.test(name)).sort();
}

describe.each(used)('smtp-server, as $file uses it', ({ file, from, members }) => {
  it.each(Object.entries(members))('has %s as it was', (name, shape) => {
    expect(shapeOf((from as unknown as Record<string, unknown>)[name])).toBe(shape);
  });

  it('is used by no other member', () => {
    expect(Object.keys(members).sort()).toEqual(namedIn(file, from));
  });
});

it('is pinned to one version', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  expect(JSON.parse(manifest).dependencies['smtp-server']).toMatch(/^\d+\.\d+\.\d+$/);
});
