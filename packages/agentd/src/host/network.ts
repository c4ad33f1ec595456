import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Accounts } from './accounts.ts'
import { type Firewall, readFirewall } from './firewall.ts'
import { type Interface, readInterfaces } from './interfaces.ts'
import { parsePidStat, programName } from './proc.ts'
import { type Route, readRoutes } from './routes.ts'

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

/** A socket with somebody at the other end. */
export interface Connection extends Omit<Listener, 'user'> {
  readonly remoteAddress: string
  readonly remotePort: number
  /** As in tcp(7), lower case; a connected UDP socket counts as established. */
  readonly state: ConnectionState
  /** Null where the socket has outlived its owner, as in `time_wait`. */
  readonly user: string | null
}

/** States of include/net/tcp_states.h in the kernel's order; listening is not among connections. */
export const connectionStates = [
  'established',
  'syn_sent',
  'syn_received',
  'fin_wait_1',
  'fin_wait_2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'closing',
  'unknown',
] as const
export type ConnectionState = (typeof connectionStates)[number]

/** By the number in /proc/net/tcp. */
const tcpStates: Readonly<Record<number, ConnectionState>> = {
  1: 'established',
  2: 'syn_sent',
  3: 'syn_received',
  4: 'fin_wait_1',
  5: 'fin_wait_2',
  6: 'time_wait',
  7: 'close',
  8: 'close_wait',
  9: 'last_ack',
  11: 'closing',
  12: 'syn_received',
}

/** One line of /proc/net/tcp and its siblings. */
export interface SocketLine {
  readonly address: string
  readonly port: number
  readonly remoteAddress: string
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

/** The network of this host: who waits and who is connected (from /proc/net and every process's descriptors), links, routes. */
export class Network {
  readonly #accounts: Accounts

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  /** By port, then protocol, then address. */
  async listeners(signal: AbortSignal): Promise<readonly Listener[]> {
    const lines = (await readTables()).filter(({ state, waiting }) => state === waiting)
    const owned = await this.#withOwners(lines, signal)
    return owned.map(({ line, ...owner }) => ({ ...where(line), ...owner })).sort(byPort)
  }

  /** Sockets that are connected, or were until now, by state and remote end; listeners are left out. */
  async connections(signal: AbortSignal): Promise<readonly Connection[]> {
    const lines = (await readTables()).filter(({ state, waiting }) => state !== waiting)
    const owned = await this.#withOwners(lines, signal)
    return owned.map(({ line, ...owner }) => ({
      ...where(line),
      remoteAddress: line.remoteAddress,
      remotePort: line.remotePort,
      state: line.protocol === 'udp' ? 'established' : (tcpStates[line.state] ?? 'unknown'),
      ...owner,
      user: line.inode === '0' ? null : owner.user,
    }))
  }

  interfaces(): Promise<readonly Interface[]> {
    return readInterfaces()
  }

  routes(): Promise<readonly Route[]> {
    return readRoutes()
  }

  firewall(signal: AbortSignal): Promise<Firewall> {
    return readFirewall(signal)
  }

  async #withOwners(lines: readonly TableLine[], signal: AbortSignal) {
    const owners = await socketOwners(new Set(lines.map(({ inode }) => inode)), signal)
    return Promise.all(
      lines.map(async (line) => ({
        line,
        pid: owners.get(line.inode)?.pid ?? null,
        process: owners.get(line.inode)?.name ?? null,
        user: await this.#accounts.user(line.uid),
      })),
    )
  }
}

type TableLine = SocketLine & { readonly protocol: 'tcp' | 'udp'; readonly waiting: number }

/** Every socket of this network namespace; `waiting` is the state in which one of its protocol waits for somebody. */
async function readTables(): Promise<TableLine[]> {
  const lines: TableLine[] = []
  for (const { file, protocol, state } of tables) {
    // A kernel without IPv6 has no tcp6.
    const text = await readFile(`/proc/net/${file}`, 'utf8').catch(() => '')
    for (const line of parseSockets(text)) lines.push({ ...line, protocol, waiting: state })
  }
  return lines
}

function where({ protocol, address, port }: TableLine): Pick<Listener, 'protocol' | 'address' | 'port'> {
  return { protocol, address, port }
}

/** proc_net_tcp(5): addresses are hex words in host byte order, ports hex. */
export function parseSockets(text: string): SocketLine[] {
  const sockets: SocketLine[] = []
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const [, local, remote, state, , , , uid, , inode] = fields
    const [address, port] = local?.split(':') ?? []
    const [remoteAddress, remotePort] = remote?.split(':') ?? []
    if (address === undefined || port === undefined || remoteAddress === undefined || inode === undefined) continue
    sockets.push({
      address: textual(address),
      port: Number.parseInt(port, 16),
      remoteAddress: textual(remoteAddress),
      remotePort: Number.parseInt(remotePort ?? '0', 16),
      state: Number.parseInt(state ?? '0', 16),
      uid: Number(uid),
      inode,
    })
  }
  return sockets
}

function textual(hex: string): string {
  return hex.length === 8 ? ipv4(hex) : ipv6(hex)
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
