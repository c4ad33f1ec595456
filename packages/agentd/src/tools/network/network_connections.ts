import { z } from 'zod'
import { type Connection, connectionStates } from '../../host/network.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, sentence } from '../words.ts'

export const networkConnections = defineTool({
  name: 'network_connections',
  title: 'Network connections',
  description:
    'Who is connected: TCP connections and connected UDP sockets with state, both ends and the process, established ones first. ' +
    'network_listeners shows what waits.',
  input: z.strictObject({
    port: z.int().min(1).max(65_535).optional().describe('Only connections with this port at either end, e.g. 443.'),
    address: z.string().min(1).max(64).optional().describe('Only connections with this remote address.'),
    process: z.string().min(1).max(128).optional().describe('Only of processes with this in their name, e.g. "nginx".'),
    state: z.enum(connectionStates).optional().describe('Only connections in this state.'),
    limit: limitField(500, 50, 'connections'),
    offset: offsetField('connections'),
  }),
  output: z.strictObject({
    connections: z.array(
      z.strictObject({
        protocol: z.enum(['tcp', 'udp']),
        state: z.enum(connectionStates),
        address: z.string().describe('The end on this host.'),
        port: z.int(),
        remoteAddress: z.string(),
        remotePort: z.int(),
        pid: z.int().nullable().describe('Null where the owner may not be seen, or is gone.'),
        process: z.string().nullable(),
        user: z.string().nullable(),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ connections, matching, truncated }) => {
    if (matching === 0) return 'There is no such connection.'
    const states = tally(connections.map(({ state }) => state.replaceAll('_', ' ')))
    const ends = tally(connections.filter(({ state }) => state === 'established').map(describe))
    const whom = ends.length === 0 ? '' : ` Established: ${list(ends, 5)}.`
    return `${sentence(count(matching, 'connection'))}${truncated ? ', among those shown' : ''}: ${list(states)}.${whom}`
  },
  taints: ({ connections }) => (connections.some(({ process }) => process !== null) ? ['untrusted-text'] : []),
  run: async ({ port, address, process, state, limit, offset }, { host, signal }) => {
    const wanted = process?.toLowerCase()
    const matching = (await host.network.connections(signal))
      .filter(
        (each) =>
          (port === undefined || each.port === port || each.remotePort === port) &&
          (address === undefined || bare(each.remoteAddress) === bare(address)) &&
          (state === undefined || each.state === state) &&
          (wanted === undefined || (each.process?.toLowerCase().includes(wanted) ?? false)),
      )
      .sort(byState)
    const connections = fitting(matching.slice(offset, offset + limit), readLimits.outputBytes)
    return { connections, matching: matching.length, truncated: offset + connections.length < matching.length }
  },
})

/** IPv4 over an IPv6 socket is still that IPv4 address to whoever asks. */
function bare(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}

function byState(left: Connection, right: Connection): number {
  const order = connectionStates.indexOf(left.state) - connectionStates.indexOf(right.state)
  return order || left.port - right.port || left.remotePort - right.remotePort
}

function describe({ process, user, remoteAddress, remotePort, port }: Connection): string {
  const far =
    remotePort > port && port < 32_768
      ? `from ${bare(remoteAddress)} to port ${port}`
      : `to ${bare(remoteAddress)} port ${remotePort}`
  return `${process ?? `a process of ${user ?? 'nobody'}`} ${far}`
}

/** Each with how often, where that is more than once; the most frequent first. */
function tally(words: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts]
    .sort((left, right) => right[1] - left[1])
    .map(([word, number]) => (number === 1 ? word : `${number} × ${word}`))
}
