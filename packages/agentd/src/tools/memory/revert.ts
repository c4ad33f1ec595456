import { CastellanError, type PreviewContext, type RevertContext, type RevertPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import type { Fact } from '../../host/memory.ts'
import { oneLine } from '../words.ts'
import { KeptFact, presentFact, shownFact } from './fields.ts'

/** The number of the fact, the text that the act left under it, and what was there before; null for nothing. */
export const FactInverse = z.strictObject({
  id: z.int(),
  expected: z.string().nullable(),
  before: shownFact.nullable(),
})
export type FactInverse = z.infer<typeof FactInverse>

export async function previewFactRevert(data: unknown, { host }: PreviewContext<Host>): Promise<RevertPreview> {
  const { id, expected, before } = FactInverse.parse(data)
  const effect = before === null ? `Number ${id} is forgotten.` : `Number ${id} is again: ${oneLine(before.text, 200)}`
  const preview = { effects: [effect], undo: 'This can be undone again.' }
  return textOf(host, id) === expected
    ? preview
    : { ...preview, movedOn: `Number ${id} was changed or forgotten since.` }
}

export async function revertFact(
  data: unknown,
  { host, keepInverse, force }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { id, expected, before } = FactInverse.parse(data)
  const now = present(host, id)
  if ((now?.text ?? null) !== expected && !force) {
    throw new CastellanError('world_moved_on', `Number ${id} was changed or forgotten since. The operator can insist.`)
  }
  if (now === undefined && before === null) return { summary: `Number ${id} was forgotten already.` }
  await keepInverse({
    description: `Undo puts number ${id} back as it was before the undo.`,
    data: {
      id,
      expected: before?.text ?? null,
      before: now === undefined ? null : presentFact(now),
    } satisfies FactInverse,
  })
  if (before !== null) host.memory.restore(KeptFact.parse(before))
  else host.memory.forget(id)
  return {
    summary: before === null ? `Number ${id} is forgotten.` : `Number ${id} is again: ${oneLine(before.text, 120)}`,
  }
}

function textOf(host: Host, id: number): string | null {
  return present(host, id)?.text ?? null
}

function present(host: Host, id: number): Fact | undefined {
  try {
    return host.memory.find(id)
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'not_found') return undefined
    throw error
  }
}
