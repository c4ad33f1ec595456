import { z } from 'zod'
import type { Listener } from '../../host/network.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { offsetField, truncatedField } from '../fields.ts'
import { allLeftOut, count, list, sentence } from '../words.ts'

export const networkListeners = defineTool({
  name: 'network_listeners',
  title: 'Network listeners',
  description:
    'What waits for connections on the network: listening TCP sockets and bound UDP sockets, with the process behind each.',
  input: z.strictObject({
    port: z.int().min(1).max(65_535).optional().describe('Only this port, e.g. 443.'),
    protocol: z.enum(['tcp', 'udp']).optional().describe('Only this protocol.'),
    offset: offsetField('sockets'),
  }),
  output: z.strictObject({
    listeners: z.array(
      z.strictObject({
        protocol: z.enum(['tcp', 'udp']),
        address: z.string().describe('0.0.0.0 and :: mean every interface.'),
        port: z.int(),
        pid: z.int().nullable().describe('Null where the owner may not be seen.'),
        process: z.string().nullable(),
        user: z.string(),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ listeners, matching }, { port, protocol }) => {
    const where =
      port === undefined ? (protocol === undefined ? 'the network' : protocol) : `${protocol ?? ''} port ${port}`.trim()
    if (matching === 0) return `Nothing listens on ${where}.`
    if (listeners.length === 0) return allLeftOut(count(matching, 'socket'))
    const doors = new Map<string, Listener[]>()
    for (const listener of listeners) {
      const door = `${listener.process ?? `a process of ${listener.user}`} on ${listener.protocol} ${listener.port}`
      doors.set(door, [...(doors.get(door) ?? []), listener])
    }
    const shown = [...doors].map(([door, sockets]) => `${door} (${reach(sockets)})`)
    return `${sentence(count(matching, 'socket'))} ${matching === 1 ? 'listens' : 'listen'} on ${where}${listeners.length < matching ? ', among them' : ''}: ${list(shown, 8)}.`
  },
  taints: ({ listeners }) => (listeners.some(({ process }) => process !== null) ? ['untrusted-text'] : []),
  run: async ({ port, protocol, offset }, { host, signal }) => {
    const matching = (await host.network.listeners(signal)).filter(
      (listener) =>
        (port === undefined || listener.port === port) && (protocol === undefined || listener.protocol === protocol),
    )
    const listeners = fitting(matching.slice(offset), readLimits.outputBytes)
    return { listeners, matching: matching.length, truncated: offset + listeners.length < matching.length }
  },
})

/** From how far a door can be reached, which is what people ask for. */
function reach(sockets: readonly Listener[]): string {
  const addresses = sockets.map(({ address }) => address)
  if (addresses.some((address) => address === '0.0.0.0' || address === '::')) return 'every interface'
  if (addresses.every((address) => address === '::1' || address.startsWith('127.'))) return 'this machine only'
  return list([...new Set(addresses)])
}
