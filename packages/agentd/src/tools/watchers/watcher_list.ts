import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentWatcher, shownWatcher } from './fields.ts'

export const watcherList = defineTool({
  name: 'watcher_list',
  title: 'Watchers',
  description:
    'What agentd keeps an eye on: each watcher with what it wants to find, what it found last and what it did about it.',
  input: z.strictObject({
    limit: limitField(200, 50, 'watchers'),
    offset: z.int().min(0).default(0).describe('Watchers to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({ watchers: z.array(shownWatcher), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // A message quotes what services and web servers said.
  taints: ({ watchers }) => (watchers.length === 0 ? [] : ['untrusted-text']),
  summary: ({ watchers, total }) => {
    if (total === 0) return 'Nothing is watched.'
    const wrong = watchers.filter(({ state }) => state === 'failing' || state === 'escalated')
    if (wrong.length === 0) return `${count(total, 'watcher')}; none finds anything wrong.`
    return `${count(total, 'watcher')}; wrong: ${list(wrong.map(({ name, message }) => `${name} (${message})`))}.`
  },
  run: async ({ limit, offset }, { host }) => {
    const all = host.watchers.list()
    const watchers = fitting(all.slice(offset, offset + limit).map(presentWatcher), readLimits.outputBytes)
    return { watchers, total: all.length, truncated: offset + watchers.length < all.length }
  },
})
