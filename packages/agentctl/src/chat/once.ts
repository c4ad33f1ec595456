import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { ChatConnection, type Where } from './connection.ts'
import { followTurn } from './turn.ts'
import { ChatView } from './view.ts'

/** Asks one question, shows the turn, and ends. Ctrl-C stops the turn on the server too. */
export async function chatOnce(context: Context, question: string, where: Where): Promise<number> {
  const { terminal } = context
  const chatId = where.chat_id
  const connection = await ChatConnection.open(context)
  const view = new ChatView(terminal)
  let interrupted = false
  const interrupt = () => {
    interrupted = true
    connection.send({ type: 'abort', chat_id: chatId })
  }
  process.on('SIGINT', interrupt)
  try {
    connection.send({ type: 'chat', text: question, ...where })
    const { exitCode } = await followTurn(context, connection, chatId, (frame) =>
      terminal.json ? terminal.line(JSON.stringify(frame)) : view.show(frame),
    )
    return interrupted ? exitCodes.interrupted : exitCode
  } finally {
    process.off('SIGINT', interrupt)
    connection.close()
  }
}
