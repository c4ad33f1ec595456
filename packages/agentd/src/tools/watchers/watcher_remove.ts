import { AgentName, CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { checkInWords } from '../../watchers/watcher.ts'
import { changeLimits, defineTool } from '../define.ts'
import { presentWatcher, shownWatcher } from './fields.ts'
import { previewRevert, revertWatcher } from './revert.ts'

export const watcherRemove = defineTool({
  name: 'watcher_remove',
  title: 'Remove a watcher',
  description: 'Stops watching: the watcher looks no more and takes no further step.',
  input: z.strictObject({ name: AgentName.describe('Name of the watcher.') }),
  output: z.strictObject({ removed: shownWatcher }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ removed }) => `Watcher ${removed.name} (that ${removed.check}) is removed.`,
  resources: ({ name }) => [{ kind: 'machine', id: `watcher:${name}`, access: 'write' }],
  preview: async ({ name }, { host }) => {
    const watcher = host.watchers.list().find((candidate) => candidate.name === name)
    const effect =
      watcher === undefined
        ? `There is no watcher ${name}.`
        : `Nobody looks any more whether ${checkInWords(watcher.check)}.`
    return { effects: [effect], undo: 'Undo adds it again; it then starts to look afresh.' }
  },
  run: async ({ name }, { host, keepInverse }) => {
    const found = host.watchers.list().find((candidate) => candidate.name === name)
    if (found === undefined) {
      throw new CastellanError('not_found', `There is no watcher ${name}. watcher_list shows those there are.`)
    }
    const { standing: _, ...watcher } = found
    await keepInverse({ description: `Undo adds watcher ${name} again.`, data: { kind: 'removed', watcher } })
    return { removed: presentWatcher(await host.watchers.remove(name)) }
  },
  revertPreview: async (data, context) => previewRevert(data, context),
  revert: revertWatcher,
})
