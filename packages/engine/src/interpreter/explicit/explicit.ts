import type { ToolDescriptor } from '@castellan/contracts'
import { explicitChoices, explicitFlags, explicitPriority } from './choices.ts'
import { explicitCount } from './counts.ts'
import { explicitLists } from './lists.ts'
import { explicitName, explicitUnit } from './names.ts'
import { explicitPassages } from './passages.ts'
import { withoutQuotes } from './quotes.ts'
import { explicitShapes } from './shapes.ts'
import { explicitTime } from './times.ts'
import { Wants } from './wants.ts'
import { explicitReplacement, explicitWriting, likelyPath } from './writing.ts'

/** A time that only a tool with a list of its own would not take. */
const ANY_TIME = '2 hours'

export type Args = Record<string, unknown>

/**
 * Sets right what a request says in so many words and the model got wrong or missed: a time, a priority, an identifier that
 * looks like nothing else. Only arguments that the tool takes, and only where the words leave no choice.
 */
export function heedExplicit(args: Args, text: string, tool: ToolDescriptor | undefined): Args {
  if (tool === undefined) return args
  const wants = new Wants(tool)
  const plain = withoutQuotes(text)
  const heeded: Args = { ...args }
  // Where only some words are times to a tool, the model's choice among them stands.
  if (wants.takes('since') && wants.takes('since', ANY_TIME)) set(heeded, 'since', explicitTime(args.since, plain))
  if (wants.takes('priority')) set(heeded, 'priority', explicitPriority(args, plain, wants))
  if (wants.takes('mode') && wants.takes('content')) {
    const { content, mode } = explicitWriting(args, text, plain)
    set(heeded, 'content', content)
    set(heeded, 'mode', mode)
  }
  if (wants.takes('unit')) set(heeded, 'unit', explicitUnit(args.unit, plain))
  if (wants.takes('limit')) set(heeded, 'limit', args.limit ?? explicitCount(plain))
  if (wants.takes('find') && wants.takes('replace')) Object.assign(heeded, explicitReplacement(text))
  if (typeof args.path === 'string') set(heeded, 'path', likelyPath(args, plain))
  Object.assign(heeded, explicitChoices(plain, wants), explicitFlags(plain, wants))
  for (const [name, value] of Object.entries(explicitShapes(heeded, plain, wants))) set(heeded, name, value)
  for (const [name, value] of Object.entries(explicitName(heeded, text, wants))) set(heeded, name, value)
  return Object.assign(heeded, explicitLists(heeded, plain, wants), explicitPassages(heeded, text, wants))
}

function set(args: Args, name: string, value: unknown): void {
  if (value === undefined) delete args[name]
  else args[name] = value
}
