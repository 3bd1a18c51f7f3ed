/** Datagrams to a Unix socket, which Node has none of: what sd_notify(3) is said with. Linux only. */

export interface Datagrams {
  /** False where nobody took it. Never waits. */
  send(text: string): boolean;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** sun_path of sockaddr_un, see unix(7). */
const MAX_PATH_BYTES = 108;

/** `address` is a path, or `@name` of the abstract namespace. Undefined where the system has no such sockets. */
export function openDatagrams(address: string): Datagrams | undefined {
  // Asked for here, not imported: on import node:ffi warns that it is experimental.
  const ffi = process.platform === 'linux' ? process.getBuiltinModule('node:ffi') : undefined;
  const to = socketAddress(address);
  if (ffi === undefined || to === undefined) return undefined;
  const { functions } = ffi.dlopen(null, {
    socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
    sendto: { return: 'int64', arguments: ['int32', 'buffer', 'uint64', 'int32', 'buffer', 'uint32'] },
  });
  const fd = functions.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  return {
    send(text) {
      const bytes = Buffer.from(text);
      const sent = functions.sendto(fd, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL, to, to.length);
      return Number(sent) === bytes.length;
    },
  };
}

function socketAddress(address: string): Buffer | undefined {
  const isAbstract = address.startsWith('@');
  if (!isAbstract && !address.startsWith('/')) return undefined;
  const path = Buffer.from(isAbstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > MAX_PATH_BYTES) return undefined;
  const family = Buffer.alloc(2);
  // sa_family_t, in the machine's own order; all that Node runs on here are little-endian.
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, path]);
}
