import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, sentence } from '../words.ts'

export const networkRoutes = defineTool({
  name: 'network_routes',
  title: 'Routes',
  description:
    'Where packets go: the routes of the main table over IPv4 and IPv6, default routes first, with gateway, interface and metric.',
  input: z.strictObject({
    family: z.enum(['4', '6']).optional().describe('Only IPv4 or only IPv6.'),
    limit: limitField(500, 50, 'routes'),
    offset: offsetField('routes'),
  }),
  output: z.strictObject({
    routes: z.array(
      z.strictObject({
        family: z.union([z.literal(4), z.literal(6)]),
        destination: z.string().describe('"default", or a network such as 192.0.2.0/24.'),
        gateway: z.string().nullable().describe('Null where the network is on the link itself.'),
        interface: z.string(),
        metric: z.number().describe('Of two routes to the same place the lower metric counts.'),
        rejected: z.boolean().describe('Whether packets on this route are refused rather than sent.'),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ routes, matching }, { offset }) => {
    if (matching === 0) return 'There are no routes: this host reaches nothing but itself.'
    const ways = routes
      .filter(({ destination, rejected }) => destination === 'default' && !rejected)
      .map(
        ({ family, gateway, interface: name }) =>
          `IPv${family} ${gateway === null ? `on ${name}` : `over ${gateway} on ${name}`}`,
      )
    const out =
      ways.length > 0 ? `The way out: ${list(ways)}.` : offset > 0 ? '' : 'There is no default route, so no way out.'
    return `${sentence(count(matching, 'route'))}. ${out}`.trim()
  },
  run: async ({ family, limit, offset }, { host }) => {
    const matching = (await host.network.routes()).filter(
      (each) => family === undefined || String(each.family) === family,
    )
    const routes = fitting(matching.slice(offset, offset + limit), readLimits.outputBytes)
    return { routes, matching: matching.length, truncated: offset + routes.length < matching.length }
  },
})
