import type { Approval, ServerFrame, ToolPreview } from '@castellan/contracts'
import { compactJson, duration } from './describe.ts'
import { printable, type Terminal } from './terminal.ts'

/** `expires in 9 minutes`, `approved 1 of 2, expires in 9 minutes`, or how it ended. */
export function stateOf({ state, binding, votes, needed, void_because, decided_by }: Approval): string {
  if (state === 'void') return void_because === 'key_revoked' ? 'void: a key was revoked' : 'void: the policy changed'
  if (state !== 'pending') return decided_by === undefined ? state : `${state}, by ${printable(decided_by)}`
  const left = `expires in ${duration((Date.parse(binding.expires_at) - Date.now()) / 1000)}`
  return needed === 1 ? left : `approved ${votes.length} of ${needed}, ${left}`
}

/** One approval in a list: what, why, and how long. */
export function printApproval(terminal: Terminal, approval: Approval): void {
  const { approval_id, tool, args, agent, reason } = approval
  terminal.line(`${terminal.paint('bold', approval_id)}  ${tool}  ${terminal.paint('yellow', stateOf(approval))}`)
  terminal.line(`  ${compactJson(args, 2000)}`)
  terminal.line(terminal.paint('dim', `  asked by ${agent}: ${printable(reason)}`))
  const taint = taintSentence(approval.taint)
  if (taint !== undefined) terminal.line(terminal.paint('red', `  ${taint}`))
}

/** One approval in full: every argument, what would happen, what undo can take back, who agreed, the rule of "always". */
export function printWholeApproval(terminal: Terminal, approval: Approval): void {
  const { approval_id, tool, agent, session, args, reason, votes, always, preview_problem } = approval
  terminal.line(`${terminal.paint('bold', `${tool} ${approval_id}`)}  ${terminal.paint('yellow', stateOf(approval))}`)
  terminal.line(`Asked by ${agent} in ${session}${approval.ahead ? ', ahead of the call' : ''}: ${printable(reason)}`)
  const taint = taintSentence(approval.taint)
  if (taint !== undefined) terminal.line(terminal.paint('red', taint))
  for (const { by, person, at } of votes) {
    terminal.line(`Approved by ${printable(by)} (${printable(person)}) at ${at}`)
  }
  terminal.line()
  terminal.line(terminal.paint('bold', 'It would run with exactly this:'))
  terminal.line(printable(JSON.stringify(args, undefined, 2)))
  terminal.line()
  printPreview(terminal, approval.preview, preview_problem)
  terminal.line()
  terminal.line(terminal.paint('bold', '“Always” would add this rule:'))
  terminal.line(printable(always.possible ? always.rule : `None. ${always.reason}`))
}

/** What would happen, as far as it can be foreseen. */
export function printPreview(terminal: Terminal, preview: ToolPreview | undefined, problem: string | undefined): void {
  if (preview === undefined) {
    terminal.line(terminal.paint('yellow', printable(problem ?? 'Nothing is foreseen.')))
    return
  }
  for (const effect of preview.effects) terminal.line(`- ${printable(effect)}`)
  if (preview.diff !== undefined) for (const line of preview.diff.split('\n')) terminal.line(diffLine(terminal, line))
  terminal.line(terminal.paint('dim', `Undo: ${printable(preview.undo)}`))
}

/** What a person who is asked in a chat reads of it. */
export function printQuestion(terminal: Terminal, frame: Extract<ServerFrame, { type: 'approval_required' }>): void {
  const count = frame.votes === undefined ? '' : ` (approved ${frame.votes.given} of ${frame.votes.needed})`
  terminal.line(terminal.paint('yellow', `? ${frame.name} needs your approval${count}: ${printable(frame.reason)}`))
  const taint = taintSentence(frame.taint ?? [])
  if (taint !== undefined) terminal.line(terminal.paint('red', `  ${taint}`))
  terminal.line(printable(JSON.stringify(frame.args, undefined, 2)))
  if (frame.preview !== undefined || frame.preview_problem !== undefined) {
    printPreview(terminal, frame.preview, frame.preview_problem)
  }
}

function taintSentence(taint: Approval['taint']): string | undefined {
  const sources = taint.map((label) => TAINT_WORDS[label])
  return sources.length === 0 ? undefined : `Before it asked, this session read ${sources.join(' and ')}.`
}

const TAINT_WORDS: Record<Approval['taint'][number], string> = {
  'untrusted-text': 'text that others may have written',
  secret: 'secrets',
}

function diffLine(terminal: Terminal, line: string): string {
  const text = printable(line)
  if (line.startsWith('@@')) return terminal.paint('cyan', text)
  if (line.startsWith('+')) return terminal.paint('green', text)
  return line.startsWith('-') ? terminal.paint('red', text) : text
}
