import type { ServerFrame } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { decideAsRoot } from '../decide.ts'
import { exitCodes } from '../exit.ts'
import type { ChatConnection } from './connection.ts'
import { pressedKey } from './keypress.ts'

/** What became of one turn: 0 when every call succeeded, otherwise why not. */
export interface TurnResult {
  readonly exitCode: number
}

/**
 * Follows one turn to its `done`. On a terminal an approval is asked for with a key; elsewhere the turn waits for
 * `agentctl approve` or `deny` given in another place.
 */
export async function followTurn(
  context: Context,
  connection: ChatConnection,
  chatId: string,
  show: (frame: ServerFrame) => void,
): Promise<TurnResult> {
  let exitCode: number = exitCodes.ok
  let asking: AbortController | undefined
  for await (const frame of connection.frames(chatId)) {
    show(frame)
    if (frame.type === 'approval_required') {
      asking = new AbortController()
      void askForVerdict(context, connection, frame, chatId, asking.signal)
    }
    if (frame.type === 'approval_decided') {
      asking?.abort()
      // What became void is asked anew.
      if (frame.state !== 'approved' && frame.state !== 'void') exitCode = exitCodes.refused
    }
    if (frame.type === 'tool_result' && !frame.ok && exitCode === exitCodes.ok) exitCode = exitCodes.failed
    if (frame.type === 'error') exitCode = exitCodes.failed
    if (frame.type === 'done') {
      asking?.abort()
      return { exitCode }
    }
  }
  return { exitCode }
}

async function askForVerdict(
  context: Context,
  connection: ChatConnection,
  frame: Extract<ServerFrame, { type: 'approval_required' }>,
  chatId: string,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context
  const { stdin } = process
  if (!stdin.isTTY || terminal.json) {
    terminal.note(`Waiting for \`agentctl approve ${frame.approval_id}\` or \`agentctl deny ${frame.approval_id}\`.`)
    return
  }
  terminal.err.write('  a approve once, d deny: ')
  const key = await pressedKey(stdin, ['a', 'd'], signal)
  terminal.err.write('\n')
  if (signal.aborted) return
  if (key === undefined) return connection.send({ type: 'abort', chat_id: chatId })
  try {
    await decideAsRoot(context, frame.approval_id, key === 'a' ? 'approve' : 'deny')
  } catch (error) {
    terminal.note((error as Error).message)
  }
}
