import { strings } from '../strings.ts'

export interface Completion {
  /** What takes the place of what was typed. */
  readonly insert: string
  readonly usage: string
  readonly purpose: string
}

const COMMANDS: readonly Completion[] = [
  { insert: '/help', usage: '/help', purpose: strings.commands.help },
  { insert: '/new ', usage: '/new [AGENT]', purpose: strings.commands.new },
  { insert: '/chats', usage: '/chats', purpose: strings.commands.chats },
  { insert: '/rename ', usage: '/rename TITLE', purpose: strings.commands.rename },
  { insert: '/agent', usage: '/agent', purpose: strings.commands.agent },
  { insert: '/model', usage: '/model', purpose: strings.commands.model },
  { insert: '/mode ', usage: '/mode [NAME]', purpose: strings.commands.mode },
  { insert: '/usage', usage: '/usage', purpose: strings.commands.usage },
  { insert: '/attach', usage: '/attach', purpose: strings.commands.attach },
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
const READING = /^\/(help|tools|approvals|status|agent|usage)\b/i

export function readsOnly(said: string): boolean {
  return READING.test(said.trim())
}

/** What the page does by itself when it is typed; everything else goes to the gateway. */
export type HereCommand = 'new' | 'chats' | 'rename' | 'model' | 'attach'

/** Such a command, and what was said after it; null for anything else. */
export function hereCommand(said: string): { readonly name: HereCommand; readonly argument: string } | null {
  const found = /^\/(new|chats|rename|model|attach)(?:\s+([\s\S]*))?$/i.exec(said.trim())
  if (found === null) return null
  return { name: found[1]?.toLowerCase() as HereCommand, argument: (found[2] ?? '').trim() }
}
