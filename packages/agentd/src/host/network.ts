import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Accounts } from './accounts.ts'
import { parsePidStat, programName } from './proc.ts'

/** A socket that waits for somebody: a listening TCP socket, or a bound and unconnected UDP one. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp'
  /** Textual IP address; `0.0.0.0` and `::` mean every interface. */
  readonly address: string
  readonly port: number
  /** Who owns it; null where this user may not see the owner. */
  readonly pid: number | null
  readonly process: string | null
  readonly user: string
}

/** One line of /proc/net/tcp and its siblings. */
export interface SocketLine {
  readonly address: string
  readonly port: number
  readonly remotePort: number
  readonly state: number
  readonly uid: number
  readonly inode: string
}

/** States of include/net/tcp_states.h as /proc/net shows them. */
const TCP_LISTEN = 0x0a
const UDP_UNCONNECTED = 0x07

const tables = [
  { file: 'tcp', protocol: 'tcp', state: TCP_LISTEN },
  { file: 'tcp6', protocol: 'tcp', state: TCP_LISTEN },
  { file: 'udp', protocol: 'udp', state: UDP_UNCONNECTED },
  { file: 'udp6', protocol: 'udp', state: UDP_UNCONNECTED },
] as const

/** Who waits on the network, from /proc/net and the descriptors of every process. */
export class Network {
  readonly #accounts: Accounts

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  /** By port, then protocol, then address. */
  async listeners(signal: AbortSignal): Promise<readonly Listener[]> {
    const lines: (SocketLine & { protocol: 'tcp' | 'udp' })[] = []
    for (const { file, protocol, state } of tables) {
      // A kernel without IPv6 has no tcp6.
      const text = await readFile(`/proc/net/${file}`, 'utf8').catch(() => '')
      for (const line of parseSockets(text)) if (line.state === state) lines.push({ ...line, protocol })
    }
    const owners = await socketOwners(new Set(lines.map(({ inode }) => inode)), signal)
    const listeners = lines.map(async ({ protocol, address, port, uid, inode }): Promise<Listener> => {
      const owner = owners.get(inode)
      return {
        protocol,
        address,
        port,
        pid: owner?.pid ?? null,
        process: owner?.name ?? null,
        user: await this.#accounts.user(uid),
      }
    })
    return (await Promise.all(listeners)).sort(byPort)
  }
}

/** proc_net_tcp(5): addresses are hex words in host byte order, ports hex. */
export function parseSockets(text: string): SocketLine[] {
  const sockets: SocketLine[] = []
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const [, local, remote, state, , , , uid, , inode] = fields
    const [address, port] = local?.split(':') ?? []
    if (address === undefined || port === undefined || inode === undefined) continue
    sockets.push({
      address: address.length === 8 ? ipv4(address) : ipv6(address),
      port: Number.parseInt(port, 16),
      remotePort: Number.parseInt(remote?.split(':')[1] ?? '0', 16),
      state: Number.parseInt(state ?? '0', 16),
      uid: Number(uid),
      inode,
    })
  }
  return sockets
}

/** Four bytes in little-endian order, as every machine that Castellan runs on prints them. */
function ipv4(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().join('.')
}

/** Four little-endian words, shortened as RFC 5952 says. */
function ipv6(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  bytes.swap32()
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  const text = new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text)
  return mapped === null ? text : `::ffff:${bytes.subarray(12).join('.')}`
}

/** Walks every process's descriptors once; what this user may not see stays without an owner. */
async function socketOwners(
  inodes: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Map<string, { pid: number; name: string }>> {
  const owners = new Map<string, { pid: number; name: string }>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || owners.size === inodes.size) continue
    signal.throwIfAborted()
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
    const targets = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
    for (const target of await Promise.all(targets)) {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode === undefined || !inodes.has(inode) || owners.has(inode)) continue
      const stat = parsePidStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
      owners.set(inode, { pid: Number(pid), name: await programName(Number(pid), stat?.name ?? '') })
    }
  }
  return owners
}

function byPort(left: Listener, right: Listener): number {
  if (left.port !== right.port) return left.port - right.port
  if (left.protocol !== right.protocol) return left.protocol < right.protocol ? -1 : 1
  return left.address < right.address ? -1 : 1
}
