/**
 * A name server for tests, over UDP and TCP on loopback: it answers from a zone that the test changes, cuts what is too
 * large for UDP short as a real one does, and fails on request.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Answer, AUTHORITATIVE_ANSWER, type DecodedPacket, decode, encode, TRUNCATED_RESPONSE } from 'dns-packet';

export interface Zone {
  /** Strings of each record. */
  txt(name: string, ...records: readonly (string | readonly string[])[]): void;
  cname(name: string, target: string): void;
  mx(name: string, ...exchanges: readonly string[]): void;
  /** What the server says of a name instead; `silent`: nothing. */
  fail(name: string, how: 'SERVFAIL' | 'REFUSED' | 'silent'): void;
  clear(): void;
}

export interface NameServer extends Zone {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Questions, as `udp TXT example.com`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The largest answer over UDP without EDNS (RFC 1035 §4.2.1). */
const UDP_BYTES = 512;
const RCODES = { SERVFAIL: 2, REFUSED: 5, NXDOMAIN: 3 };

export async function createNameServer(): Promise<NameServer> {
  const records = new Map<string, Answer[]>();
  const failures = new Map<string, Parameters<Zone['fail']>[1]>();
  const asked: string[] = [];
  const sockets = new Set<Socket>();

  const answersOf = (name: string, type: string): Answer[] => {
    const all = records.get(name) ?? [];
    const alias = all.find((record) => record.type === 'CNAME');
    if (alias === undefined || type === 'CNAME') return all.filter((record) => record.type === type);
    return [alias, ...answersOf('data' in alias ? String(alias.data) : '', type)];
  };

  /** Undefined: it says nothing. */
  function answer(query: DecodedPacket, transport: 'udp' | 'tcp'): Buffer | undefined {
    const [question] = query.questions ?? [];
    const name = question?.name.toLowerCase() ?? '';
    const type = question?.type ?? '';
    asked.push(`${transport} ${type} ${name}`);
    const failure = failures.get(name);
    if (failure === 'silent') return undefined;
    const answers = failure === undefined ? answersOf(name, type) : [];
    const rcode = failure === undefined ? (records.has(name) ? 0 : RCODES.NXDOMAIN) : RCODES[failure];
    const base = { type: 'response', id: query.id ?? 0, questions: query.questions ?? [] } as const;
    const whole = encode({ ...base, flags: AUTHORITATIVE_ANSWER | rcode, answers });
    if (transport === 'tcp' || whole.length <= UDP_BYTES) return whole;
    return encode({ ...base, flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE, answers: [] });
  }

  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk as Buffer]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        const reply = answer(decode(pending.subarray(2, end)), 'tcp');
        pending = pending.subarray(end);
        if (reply === undefined) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      }
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (message, from) => {
    const reply = answer(decode(message), 'udp');
    if (reply) udp.send(reply, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');

  const put = (name: string, type: string, added: Answer[]) => {
    const others = (records.get(name) ?? []).filter((record) => record.type !== type);
    records.set(name, [...others, ...added]);
  };
  return {
    address: `127.0.0.1:${port}`,
    asked,
    txt: (name, ...texts) =>
      put(
        name,
        'TXT',
        texts.map((text) => ({
          type: 'TXT',
          name,
          ttl: 60,
          data: typeof text === 'string' ? pieces(text) : [...text],
        })),
      ),
    cname: (name, data) => put(name, 'CNAME', [{ type: 'CNAME', name, ttl: 60, data }]),
    mx: (name, ...exchanges) =>
      put(
        name,
        'MX',
        exchanges.map((exchange) => ({ type: 'MX', name, ttl: 60, data: { preference: 10, exchange } })),
      ),
    fail: (name, how) => void failures.set(name, how),
    clear() {
      records.clear();
      failures.clear();
      asked.length = 0;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** A string of a TXT record holds at most 255 bytes. */
function pieces(text: string): string[] {
  return text.match(/.{1,255}/g) ?? [''];
}
