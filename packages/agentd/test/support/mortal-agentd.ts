/** agentd with one tool more, which kills it right after its effect, before anybody can record the outcome. */
import { rmSync, writeFileSync } from 'node:fs'
import { runDaemon } from '@castellan/daemon'
import { z } from 'zod'
import { Config } from '../../src/config.ts'
import { startAgentd } from '../../src/daemon.ts'
import { changeLimits, defineTool } from '../../src/tools/define.ts'
import { tools } from '../../src/tools/index.ts'

const Kept = z.strictObject({ path: z.string() })

const die = defineTool({
  name: 'test_die',
  title: 'Die',
  description: 'Writes a file, and agentd is gone.',
  input: Kept,
  output: Kept,
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: () => 'Done.',
  run: async ({ path }, { keepInverse }) => {
    await keepInverse({ description: `Removes ${path}.`, data: { path } })
    writeFileSync(path, 'done')
    process.kill(process.pid, 'SIGKILL')
    return { path }
  },
  revert: async (data, { keepInverse }) => {
    const { path } = Kept.parse(data)
    await keepInverse({ description: `Writes ${path} again.`, data: { path } })
    rmSync(path)
    return { summary: `${path} is gone again.` }
  },
})

await runDaemon({ name: 'agentd', config: Config, start: (context) => startAgentd(context, [...tools, die]) })
