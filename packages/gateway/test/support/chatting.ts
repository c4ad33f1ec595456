/** A program for a test to kill: says things in a chat for ever, and prints the number of each `done` once it is on disk. */
import { AgentName, ChatId, SessionId } from '@castellan/contracts'
import { mainAgent } from '../../src/agents/built-in.ts'
import { Chat } from '../../src/chat/chat.ts'
import { Conversations } from '../../src/conversations/conversations.ts'
import { openStore } from '../../src/store/open.ts'
import { quietLog } from './log.ts'

const [folder = '', key = ''] = process.argv.slice(2)
const log = quietLog('chatting')
const LIMITS = {
  insights: { maxDays: 1, maxBytes: 1024 * 1024 },
  decisions: { maxDays: 1, maxBytes: 1024 * 1024 },
}
const keys = { derive: () => Buffer.from(key, 'hex') }
const conversations = new Conversations(openStore(folder, keys, LIMITS, log), log)
const id = ChatId.parse('main')
const left = await conversations.left(id)
const chat = new Chat({
  ...{ id, agent: { ...mainAgent, name: AgentName.parse('main') }, writer: conversations.writer },
  session: left?.row.session ?? SessionId.parse('ses_AAAAAAAAAAAAAAAA'),
  ...{ sessionKey: undefined, lastSeq: left?.row.last_seq ?? 0, mode: null },
  remembered: left?.remembered ?? { exchanges: [], summary: null },
  listeners: {
    tell(frame) {
      const { type, seq } = JSON.parse(frame) as { type: string; seq?: number }
      if (type === 'done') process.stdout.write(`${seq}\n`)
    },
  },
})
for (let turn = 0; ; turn++) {
  chat.begin(`question ${turn}`)
  for (let word = 0; word < turn % 50; word++) {
    chat.emit({ type: 'text', text: `w${word} ` })
    if (word % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await chat.end()
}
