import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const System = z.looseObject({ path: z.string() })

/** What is needed of SafeSwitch's records; agentd may be another version, or gone. */
const Switch = z.looseObject({
  phase: z.string(),
  reason: z.string(),
  from: System,
  to: System,
  steps: z.array(z.looseObject({ at: z.string() })).min(1),
})
export type Switch = z.infer<typeof Switch>

/** The switches that SafeSwitch has on record, newest first; what cannot be read is left out. */
export async function readSwitches(stateFolder: string): Promise<Switch[]> {
  const folder = join(stateFolder, 'agentd/switch')
  // Beside the switches lies a link to the newest.
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('sw_'))
  const texts = await Promise.all(
    names.map((name) => readFile(join(folder, name, 'record.json'), 'utf8').catch(() => '')),
  )
  const beganAt = ({ steps }: Switch) => Date.parse(steps[0]?.at ?? '')
  return texts.flatMap((text) => Switch.safeParse(asJson(text)).data ?? []).sort((a, b) => beganAt(b) - beganAt(a))
}

const takenBack = /^(Switch sw_[0-9A-Za-z]{12} is taken back\.|An act is taken back\.)$/

/**
 * Whether the newest switch was itself the way back from the one before it. Going back once more would lead to the very system
 * that was fled from, however often somebody in a hurry says `panic 2`.
 */
export function wentBackAlready([newest, ...earlier]: readonly Switch[]): boolean {
  if (newest?.phase !== 'committed' || !takenBack.test(newest.reason)) return false
  const before = earlier.find(({ phase }) => phase === 'committed')
  return before?.from.path === newest.to.path && before.to.path === newest.from.path
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
