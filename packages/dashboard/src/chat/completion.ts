import { strings } from '../strings.ts'

export interface Completion {
  /** What takes the place of what was typed. */
  readonly insert: string
  readonly usage: string
  readonly purpose: string
}

const COMMANDS: readonly Completion[] = [
  { insert: '/help', usage: '/help', purpose: strings.commands.help },
  { insert: '/tools', usage: '/tools', purpose: strings.commands.tools },
  { insert: '/call ', usage: '/call NAME {JSON}', purpose: strings.commands.call },
  { insert: '/approvals', usage: '/approvals', purpose: strings.commands.approvals },
  { insert: '/undo ', usage: '/undo N', purpose: strings.commands.undo },
  { insert: '/status', usage: '/status', purpose: strings.commands.status },
]

/** Commands that what was typed could become; none once it is one, or is no command at all. */
export function completions(typed: string): readonly Completion[] {
  if (!/^\/[a-z]*$/i.test(typed)) return []
  const start = typed.toLowerCase()
  return COMMANDS.filter(({ insert }) => insert.startsWith(start) && insert.trimEnd() !== start)
}

/** Commands that the gateway answers while a turn runs, such as one that waits for this very person. */
const READING = /^\/(help|tools|approvals|status)\b/i

export function readsOnly(said: string): boolean {
  return READING.test(said.trim())
}
