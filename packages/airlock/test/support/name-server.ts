import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }

/** What a name has: IPv4 and IPv6 addresses, or what the nth question is answered with; `silent` is never answered. */
export type Zone = Record<string, readonly string[] | ((nth: number) => readonly string[]) | 'silent'>

/** A name server on UDP (RFC 1035) that counts what it is asked. Names that it does not know do not exist. */
export async function startNameServer(zone: Zone): Promise<{ address: string; asked: Record<string, number> }> {
  const asked: Record<string, number> = {}
  const socket = createSocket('udp4')
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = question(query)
    const key = `${TYPES[type] ?? type} ${name}`
    const nth = asked[key] ?? 0
    asked[key] = nth + 1
    const known = zone[name]
    if (known === 'silent') return
    const all = typeof known === 'function' ? known(nth) : known
    const addresses = (all ?? []).filter((address) =>
      type === 28 ? address.includes(':') : type === 1 && !address.includes(':'),
    )
    socket.send(answer(query.subarray(0, end), type, addresses, known === undefined), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answer(query: Buffer, type: number, addresses: readonly string[], isUnknown: boolean): Buffer {
  const head = Buffer.from(query)
  head.writeUInt16BE(isUnknown ? 0x8183 : 0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.fill(0, 8, 12)
  const records = addresses.map((address) => {
    const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(0, 6)
    record.writeUInt16BE(data.length, 10)
    return Buffer.concat([record, data])
  })
  return Buffer.concat([head, ...records])
}

function ipv6Bytes(text: string): Buffer {
  const [left = '', right] = text.split('::')
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const first = groups(left)
  const last = right === undefined ? [] : groups(right)
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
