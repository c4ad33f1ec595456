import { z } from 'zod'
import type { Interface } from '../../host/interfaces.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, sentence, size } from '../words.ts'

const counter = z.number().min(0)

export const networkInterfaces = defineTool({
  name: 'network_interfaces',
  title: 'Network interfaces',
  description:
    'The network interfaces of this host: state, addresses, speed, and how much went over each since it came up, with errors.',
  input: z.strictObject({
    name: z.string().min(1).max(64).optional().describe('Only the interface of this name, e.g. "eth0".'),
  }),
  output: z.strictObject({
    interfaces: z.array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['loopback', 'ethernet', 'wireless', 'bridge', 'bond', 'vlan', 'tunnel', 'virtual', 'other']),
        state: z.string().describe('up, down, unknown (loopback and tunnels do not know), dormant, …'),
        macAddress: z.string().nullable(),
        addresses: z
          .array(z.string())
          .describe('With the length of the prefix, e.g. 192.0.2.5/24; none while it is down.'),
        mtuBytes: counter,
        speedMegabits: counter.nullable().describe('Per second; null where the link has no speed of its own.'),
        receivedBytes: counter,
        sentBytes: counter,
        receiveErrors: counter,
        sendErrors: counter,
        dropped: counter.describe('Packets dropped, both ways.'),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ interfaces, matching }, { name }) => {
    if (matching === 0) return name === undefined ? 'There is no network interface.' : `There is no interface ${name}.`
    const told = matching === 1 ? interfaces : interfaces.filter(({ kind }) => kind !== 'loopback')
    const untold = interfaces.length - told.length
    // Everybody has a loopback: it is counted apart, so that the list has as many as the figure before it says.
    const besides = untold === 0 ? '' : ' besides the loopback'
    const shown = told.length === 0 ? '' : `: ${list(told.map(describe))}`
    return `${sentence(count(matching - untold, 'network interface'))}${besides}${shown}.`
  },
  run: async ({ name }, { host }) => {
    const matching = (await host.network.interfaces()).filter((each) => name === undefined || each.name === name)
    const interfaces = fitting(
      matching.map((each) => ({ ...each, addresses: [...each.addresses] })),
      readLimits.outputBytes,
    )
    return { interfaces, matching: matching.length, truncated: interfaces.length < matching.length }
  },
})

function describe(
  each: Pick<
    Interface,
    'name' | 'state' | 'addresses' | 'receivedBytes' | 'sentBytes' | 'receiveErrors' | 'sendErrors'
  >,
) {
  const { name, state, addresses, receivedBytes, sentBytes, receiveErrors, sendErrors } = each
  const at = addresses.length === 0 ? 'no address' : list(addresses, 3)
  const errors = receiveErrors + sendErrors === 0 ? '' : `, ${count(receiveErrors + sendErrors, 'error')}`
  const known = state === 'unknown' ? '' : ` is ${state}`
  return `${name}${known} (${at}; ${size(receivedBytes)} in, ${size(sentBytes)} out${errors})`
}
