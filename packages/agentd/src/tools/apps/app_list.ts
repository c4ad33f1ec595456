import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentApp, shownApp } from './fields.ts'

export const appList = defineTool({
  name: 'app_list',
  title: 'Apps',
  description:
    'The apps that were deployed on this machine: whether each runs, since when, its limits and what it uses of them.',
  input: z.strictObject({
    limit: limitField(64, 64, 'apps'),
    offset: z.int().min(0).default(0).describe('Apps to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({ apps: z.array(shownApp), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // An agent may have chosen the words.
  taints: ({ apps }) => (apps.length === 0 ? [] : ['untrusted-text']),
  summary: ({ apps, total }) => {
    if (total === 0) return 'No app is deployed.'
    const down = apps.filter(({ wanted, activeState }) => wanted === 'running' && activeState !== 'active')
    const wrong = down.length === 0 ? '' : ` Not up though it should be: ${list(down.map(({ name }) => name))}.`
    return `${count(total, 'app')}: ${list(apps.map(({ name, activeState }) => `${name} ${activeState}`))}.${wrong}`
  },
  run: async ({ limit, offset }, { host, signal }) => {
    const kept = host.apps.kept()
    const page = kept.slice(offset, offset + limit)
    const states = await Promise.all(page.map(({ name }) => host.apps.state(name, signal)))
    const apps = fitting(states.map(presentApp), readLimits.outputBytes)
    return { apps, total: kept.length, truncated: offset + apps.length < kept.length }
  },
})
