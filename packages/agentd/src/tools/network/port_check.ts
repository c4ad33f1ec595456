import { z } from 'zod'
import { defineTool } from '../define.ts'
import { count, list } from '../words.ts'
import { hostField, hostResource, portField, probeLimits, timeoutField } from './fields.ts'

export const portCheck = defineTool({
  name: 'port_check',
  title: 'Port check',
  description:
    'Whether a TCP port of a host can be reached from here: opens a connection to each of its addresses and closes it, sending nothing.',
  input: z.strictObject({
    host: hostField('Name or IP address, e.g. "db.example.org" or "127.0.0.1".'),
    port: portField.describe('The TCP port, e.g. 5432.'),
    timeoutSeconds: timeoutField(5),
  }),
  output: z.strictObject({
    host: z.string(),
    port: z.int(),
    open: z.boolean().describe('Whether at least one address took the connection.'),
    addresses: z.array(
      z.strictObject({
        address: z.string(),
        state: z
          .enum(['open', 'closed', 'no_answer', 'unreachable'])
          .describe('"closed": refused at once; "no_answer": as behind most firewalls.'),
        latencyMs: z.number().nullable(),
      }),
    ),
  }),
  effect: 'read',
  undo: 'none',
  limits: probeLimits,
  summary: ({ host, port, addresses }, { timeoutSeconds }) => {
    const open = addresses.filter(({ state }) => state === 'open')
    const where = `${host} port ${port}`
    if (open.length > 0) {
      const fastest = Math.min(...open.map(({ latencyMs }) => latencyMs ?? Number.POSITIVE_INFINITY))
      const others =
        open.length < addresses.length
          ? `, on ${open.length} of ${count(addresses.length, 'address', 'addresses')}`
          : ''
      return `${where} is open, connected in ${fastest} ms${others}.`
    }
    const states = new Set(addresses.map(({ state }) => state))
    if (states.size === 1 && states.has('closed'))
      return `${where} is closed: the host answers, but nothing listens there.`
    if (states.size === 1 && states.has('no_answer'))
      return `${where} did not answer within ${timeoutSeconds} s; a firewall may drop it.`
    return `${where} is not open: ${list(addresses.map(({ address, state }) => `${address} ${state.replace('_', ' ')}`))}.`
  },
  resources: ({ host }) => hostResource(host),
  run: async ({ host: name, port, timeoutSeconds }, { host, signal }) => {
    const addresses = await host.probes.port(name, port, timeoutSeconds * 1000, signal)
    return { host: name, port, open: addresses.some(({ state }) => state === 'open'), addresses: [...addresses] }
  },
})
