import type { EngineMessage, ToolDescriptor } from '@castellan/contracts'

/** A call of the conversation together with what came of it. */
export interface PastCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly ok: boolean
  readonly result: unknown
  readonly ledgerIndex: number | null
}

export type Message = EngineMessage

/** Every call that was answered, oldest first. */
export function pastCalls(messages: readonly Message[]): readonly PastCall[] {
  const calls: PastCall[] = []
  const asked = new Map<string, Readonly<Record<string, unknown>>>()
  for (const message of messages) {
    if (message.role === 'assistant') {
      for (const call of message.calls) asked.set(call.call_id, call.args)
    } else if (message.role === 'tool') {
      const { call_id, name, ok, result, ledger_index } = message
      calls.push({ name, args: asked.get(call_id) ?? {}, ok, result, ledgerIndex: ledger_index })
    }
  }
  return calls
}

/** Ledger number of the newest act that can be taken back and has not been; undefined where there is none. */
export function newestUndoable(calls: readonly PastCall[], tools: readonly ToolDescriptor[]): number | undefined {
  const undone = new Set(calls.filter(({ name, ok }) => name === 'undo_apply' && ok).map(({ args }) => args.index))
  const undoable = new Set<string>(
    tools.filter(({ undo, name }) => undo !== 'none' && name !== 'undo_apply').map((t) => t.name),
  )
  const act = calls.findLast(
    ({ name, ok, ledgerIndex }) => ok && ledgerIndex !== null && undoable.has(name) && !undone.has(ledgerIndex),
  )
  return act?.ledgerIndex ?? undefined
}

/** The value an argument of this name had last, in a call or in its result. */
export function lastNamed(calls: readonly PastCall[], argument: string): string | undefined {
  for (const { args, result } of calls.toReversed()) {
    const value = args[argument] ?? (isRecord(result) ? result[argument] : undefined)
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** The path of the file that was deleted last and not restored since. */
export function lastDeleted(calls: readonly PastCall[]): string | undefined {
  const restored = new Set(
    calls.filter((call) => call.name === 'trash_restore' && call.ok).map((call) => call.args.path),
  )
  const call = calls.findLast(({ name, ok, args }) => name === 'file_delete' && ok && !restored.has(args.path))
  return typeof call?.args.path === 'string' ? call.args.path : undefined
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']

/** "The second one" of the list that was shown last, as a value for this argument. */
export function nthListed(calls: readonly PastCall[], argument: string, text: string): string | undefined {
  const place = ordinalIn(text)
  if (place === undefined) return undefined
  for (const { ok, result, args } of calls.toReversed()) {
    const list = ok && isRecord(result) ? Object.values(result).find(Array.isArray) : undefined
    if (list === undefined) continue
    const item: unknown = list.at(place)
    if (!isRecord(item)) return undefined
    if (typeof item[argument] === 'string') return item[argument]
    if (argument === 'path' && typeof item.name === 'string') return joinPath(args.path, item.name)
    return argument === 'unit' && typeof item.name === 'string' ? item.name : undefined
  }
  return undefined
}

const ORDINAL = new RegExp(
  `\\b(?:the )?(${ORDINALS.join('|')}|last|(\\d+)(?:st|nd|rd|th)) (?:one|file|entry|service|unit|folder)\\b`,
  'i',
)

function ordinalIn(text: string): number | undefined {
  const found = ORDINAL.exec(text)
  if (found === null) return undefined
  if (found[2] !== undefined) return Number(found[2]) - 1
  const word = (found[1] as string).toLowerCase()
  return word === 'last' ? -1 : ORDINALS.indexOf(word)
}

function joinPath(folder: unknown, name: string): string {
  return typeof folder === 'string' && folder !== '' && folder !== '.' ? `${folder.replace(/\/$/, '')}/${name}` : name
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
