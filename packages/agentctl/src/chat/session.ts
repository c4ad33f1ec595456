import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { ChatConnection, type Where } from './connection.ts'
import { questions } from './questions.ts'
import { followTurn } from './turn.ts'
import { ChatView } from './view.ts'

/** A conversation on the terminal, a line a question, until Ctrl-D. Its exit code is that of the last turn. */
export async function chatSession(context: Context, where: Where): Promise<number> {
  const { terminal } = context
  const chatId = where.chat_id
  const connection = await ChatConnection.open(context)
  const view = new ChatView(terminal)
  if (!terminal.json) terminal.note('Ask about this server, or /help. Ctrl-C stops a turn, Ctrl-D ends.')
  let last: number = exitCodes.ok
  try {
    for await (const question of questions(terminal.err)) {
      if (question === '') continue
      const stop = () => connection.send({ type: 'abort', chat_id: chatId })
      process.on('SIGINT', stop)
      try {
        connection.send({ type: 'chat', text: question, ...where })
        const turn = await followTurn(context, connection, chatId, (frame) =>
          terminal.json ? terminal.line(JSON.stringify(frame)) : view.show(frame),
        )
        last = turn.exitCode
      } finally {
        process.off('SIGINT', stop)
      }
    }
    return last
  } finally {
    connection.close()
  }
}
