import { argumentsOf, objectOf, type SchemaDraft, type SchemaField } from '../forms/schema.ts'
import { formWords } from '../strings/forms.ts'
import { routines } from '../strings/routines.ts'
import type { Schedule } from './schedule.ts'
import type { RoutineCall } from './views.ts'

const words = routines.form

/** One call as it is written: in fields, or by hand. */
export interface CallDraft {
  readonly id: number
  /** Empty until one is chosen. */
  readonly tool: string
  readonly byHand: boolean
  readonly fields: SchemaDraft
  readonly json: string
}

export interface RoutineDraft {
  readonly name: string
  readonly description: string
  readonly kind: 'interval' | 'pattern'
  readonly amount: string
  readonly unit: keyof typeof UNITS
  readonly cron: string
  readonly timezone: string
  readonly calls: readonly CallDraft[]
  readonly catchUp: 'once' | 'skip'
  readonly onFailure: 'stop' | 'continue'
  readonly jitter: string
}

/** What tools take, as far as it was read. */
export type Schemas = ReadonlyMap<string, readonly SchemaField[]>

/** In seconds. */
const UNITS = { minutes: 60, hours: 3600, days: 86_400 } as const
const LONGEST_S = 31 * 86_400
/** As agentd's: also the name under which the calls are made. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/
/** What agentd refuses in a routine: it would decide about itself. */
const UNFIT = /^(routine|watcher|approval|capability|undo)_(?!list$|history$|status$|preview$)/

export function emptyCall(id: number): CallDraft {
  return { id, tool: '', byHand: false, fields: {}, json: '' }
}

export function emptyDraft(timezone: string): RoutineDraft {
  return {
    ...{ name: '', description: '', kind: 'pattern', amount: '1', unit: 'hours', cron: '0 7 * * *', timezone },
    ...{ calls: [emptyCall(0)], catchUp: 'skip', onFailure: 'stop', jitter: '0' },
  }
}

/** Whether a routine may call it. */
export function isFit(tool: string): boolean {
  return !UNFIT.test(tool)
}

/** Null where the interval is none that agentd takes. */
export function scheduleOf({ kind, amount, unit, cron, timezone }: RoutineDraft): Schedule | null {
  if (kind === 'pattern') return cron.trim() === '' ? null : { cron: cron.trim(), timezone }
  const everySeconds = Math.round(Number(amount) * UNITS[unit])
  return amount.trim() !== '' && everySeconds >= 60 && everySeconds <= LONGEST_S ? { everySeconds } : null
}

export type Written =
  | { readonly kind: 'ready'; readonly calls: readonly RoutineCall[] }
  | { readonly kind: 'unready'; readonly why: string }

/** The calls as they were written. */
export function callsOf({ calls }: Pick<RoutineDraft, 'calls'>, schemas: Schemas): Written {
  const ready: RoutineCall[] = []
  for (const [position, { tool, byHand, fields, json }] of calls.entries()) {
    if (tool === '') return { kind: 'unready', why: words.unready.calls }
    const schema = schemas.get(tool)
    if (byHand || schema === undefined) {
      const args = objectOf(json)
      if (args === null) return { kind: 'unready', why: words.unready.json(position + 1) }
      ready.push({ tool, args })
      continue
    }
    const written = argumentsOf(schema, fields)
    if (written.kind === 'unready') {
      return { kind: 'unready', why: words.unready.call(position + 1, formWords.unready[written.why](written.field)) }
    }
    ready.push({ tool, args: written.args })
  }
  return ready.length === 0 ? { kind: 'unready', why: words.unready.calls } : { kind: 'ready', calls: ready }
}

/** Why it cannot be added as it is; null when it can. Whether the pattern is one, and comes, its preview says. */
export function draftProblem(draft: RoutineDraft, schemas: Schemas): string | null {
  if (!NAME.test(draft.name)) return words.unready.name
  if (scheduleOf(draft) === null) return draft.kind === 'pattern' ? words.unready.pattern : words.unready.amount
  const written = callsOf(draft, schemas)
  if (written.kind === 'unready') return written.why
  const late = Number(draft.jitter)
  return Number.isInteger(late) && late >= 0 && late <= 3600 ? null : words.unready.jitter
}

/** The arguments of `routine_add`. Call with a draft without a problem. */
export function argumentsFor(draft: RoutineDraft, schedule: Schedule, calls: readonly RoutineCall[]) {
  const { name, description, catchUp, onFailure, jitter } = draft
  return {
    name,
    description: description.trim(),
    ...schedule,
    calls,
    catchUp,
    onFailure,
    jitterSeconds: Number(jitter),
  }
}
