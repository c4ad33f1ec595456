/**
 * Runs inside a throwaway host: takes the steps given as JSON in argv (`-`: on standard input), prints what came of each as JSON. A second argument
 * says where the host's NixOS configuration is.
 */
import { readFileSync } from 'node:fs'
import type { Inverse } from '@castellan/contracts'
import { openMachine, toolByName } from './machine.ts'

/** A call of a tool, a look at what one would do, or the undo of an earlier step that was a call. */
export type Step =
  | { readonly name: string; readonly args?: Record<string, unknown>; readonly only?: 'preview' | 'resources' }
  | { readonly undo: number; readonly force?: boolean; readonly only?: 'preview' }

const [, , given = '[]'] = process.argv
const steps = JSON.parse(given === '-' ? readFileSync(0, 'utf8') : given) as Step[]
const nixos = process.argv[3] === undefined ? {} : { nixos: JSON.parse(process.argv[3]) }
await using machine = await openMachine(nixos)
const kept: { name: string; inverse: Inverse | null }[] = []

async function take(step: Step): Promise<unknown> {
  if ('undo' in step) {
    const { name, inverse } = kept[step.undo] ?? { name: '', inverse: null }
    if (step.only === 'preview') {
      return toolByName(name).revertPreview?.(inverse?.data, { ...machine, interrupted: false })
    }
    kept.push({ name, inverse: await machine.revert(name, inverse, step.force) })
    return { inverse: kept.at(-1)?.inverse ?? null }
  }
  if (step.only === 'preview') return machine.preview(step.name, step.args)
  if (step.only === 'resources') return machine.resources(step.name, step.args)
  const answer = await machine.call(step.name, step.args)
  kept.push({ name: step.name, inverse: answer.inverse })
  return answer
}

const answers: unknown[] = []
for (const step of steps) {
  const before = kept.length
  const answer = await take(step).catch(({ code, message }: { code?: string; message: string }) => ({
    error: { code, message },
  }))
  // Every step has its place, so that a later undo can name it by its number.
  if (kept.length === before) kept.push({ name: '', inverse: null })
  answers.push(answer)
}
console.log(JSON.stringify(answers))
