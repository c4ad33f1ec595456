import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentApp, shownApp } from './fields.ts'

const listedApp = shownApp.extend({
  cpuPercent: z
    .number()
    .min(0)
    .nullable()
    .describe('CPU time it uses now, over a quarter of a second; 100 is one CPU.'),
  tasks: z.number().min(0).nullable().describe('Processes and threads it has now.'),
  ports: z
    .array(z.strictObject({ protocol: z.enum(['tcp', 'udp']), address: z.string(), port: z.int() }))
    .describe('Where it waits to be spoken to.'),
})

export const appList = defineTool({
  name: 'app_list',
  title: 'Apps',
  description:
    'The apps that were deployed on this machine: whether each runs, since when, its limits and what it uses of them.',
  input: z.strictObject({
    limit: limitField(64, 64, 'apps'),
    offset: z.int().min(0).default(0).describe('Apps to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({
    apps: z.array(listedApp),
    total: z.int(),
    truncated: truncatedField,
    unsupported: z
      .string()
      .nullable()
      .describe('Why no app can run on this machine, and what would help; null where they can.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // An agent may have chosen the words.
  taints: ({ apps }) => (apps.length === 0 ? [] : ['untrusted-text']),
  summary: ({ apps, total, unsupported }) => {
    if (total === 0) return `No app is deployed.${unsupported === null ? '' : ` None can be: ${unsupported}`}`
    const down = apps.filter(({ wanted, activeState }) => wanted === 'running' && activeState !== 'active')
    const wrong = down.length === 0 ? '' : ` Not up though it should be: ${list(down.map(({ name }) => name))}.`
    return `${count(total, 'app')}: ${list(apps.map(({ name, activeState }) => `${name} ${activeState}`))}.${wrong}`
  },
  run: async ({ limit, offset }, { host, signal }) => {
    const kept = host.apps.kept()
    const page = kept.slice(offset, offset + limit)
    const [states, use] = await Promise.all([
      Promise.all(page.map(({ name }) => host.apps.state(name, signal))),
      host.apps.use(
        page.map(({ name }) => name),
        signal,
      ),
    ])
    const listed = states.map((state, position): z.infer<typeof listedApp> => {
      const { cpuPercent = null, tasks = null, ports = [] } = use[position] ?? {}
      return { ...presentApp(state), cpuPercent, tasks, ports: [...ports] }
    })
    const apps = fitting(listed, readLimits.outputBytes)
    const truncated = offset + apps.length < kept.length
    return { apps, total: kept.length, truncated, unsupported: await host.apps.unsupported() }
  },
})
