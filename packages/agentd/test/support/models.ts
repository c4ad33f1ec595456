import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@castellan/daemon'
import { runStage } from '@castellan/quarantine/stages'
import { Accounts } from '../../src/host/accounts.ts'
import { Files } from '../../src/host/files/files.ts'
import { Trash } from '../../src/host/files/trash.ts'
import { Models } from '../../src/models/models.ts'
import type { RegistryLedger } from '../../src/models/registry-ledger.ts'
import { ModelsConfig } from '../../src/models/settings.ts'
import type { StageRunner } from '../../src/models/stage-runner.ts'
import { memoryRegistryLedger } from './registry-ledger.ts'

const builtIn = fileURLToPath(new URL('../../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))
const NAME = 'castellan-interpreter'

/** A real model that is not the built-in one: it has another name of the same length. */
export function otherModel(name = 'castellan-interpretex'): Buffer {
  const bytes = readFileSync(builtIn)
  const at = bytes.indexOf(NAME)
  if (at < 0 || name.length !== NAME.length) throw new Error('the built-in model is called something else by now')
  bytes.write(name, at, 'latin1')
  return bytes
}

/** Stages in this very process: what they say without what holds them. Running a model is left out. */
export const stagesHere: StageRunner = {
  candidateFolder: (folder) => folder,
  async run(job, { progress, signal }) {
    signal.throwIfAborted()
    if (job.stage !== 'behaviour') return await runStage(job, progress)
    return { stage: 'behaviour', result: 'skipped', summary: 'Not in this test.', findings: [], evidence: {} }
  },
}

export interface OpenModelsOptions {
  readonly runner?: StageRunner
  readonly ledger?: RegistryLedger
  readonly config?: unknown
  readonly onChanged?: (subject: string, summary: string) => void
}

/** The models of a folder, as agentd opens them: `models`, `workspace` and `state` lie in it. */
export async function openModels(folder: string, options: OpenModelsOptions = {}): Promise<Models> {
  for (const name of ['state', 'workspace']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
  const trash = await Trash.open(join(folder, 'state', 'trash'), Buffer.alloc(32), { quotaBytes: 1e9, maxAgeDays: 30 })
  return new Models({
    folder: join(folder, 'models'),
    config: ModelsConfig.parse(options.config ?? {}),
    seed: Buffer.alloc(32, 9),
    ledger: options.ledger ?? memoryRegistryLedger(),
    files: await Files.open([{ path: join(folder, 'workspace'), access: 'write' }], trash, new Accounts()),
    runner: options.runner ?? stagesHere,
    tools: () => [],
    log: createLogger({ name: 'test', file: '/dev/null' }),
    onChanged: options.onChanged ?? (() => undefined),
  })
}

/** The ledger as the registry sees it, in a file: it survives whoever writes it. */
export function fileRegistryLedger(path: string): RegistryLedger {
  const memory = memoryRegistryLedger()
  if (!existsSync(path)) writeFileSync(path, '')
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    memory.entries.push({ draft: JSON.parse(line), payload: undefined })
  }
  return {
    async append(draft, payload) {
      appendFileSync(path, `${JSON.stringify(draft)}\n`)
      return memory.append(draft, payload)
    },
    newest: () => memory.newest(),
  }
}
