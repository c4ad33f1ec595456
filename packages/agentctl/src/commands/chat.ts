import { AgentName } from '@castellan/contracts'
import { chatOnce } from '../chat/once.ts'
import { chatSession } from '../chat/session.ts'
import { UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const help = `
With a question it answers and ends; without one it opens a conversation. A call that needs your word is shown in full
and waits for your key: a approves it once, d denies it. Without a terminal it waits for \`agentctl approve\` elsewhere.
In a conversation, /help lists the slash commands, Ctrl-C stops the running turn, Ctrl-D ends the conversation.

Examples:
  agentctl chat
  agentctl chat "which services failed?"
  agentctl chat --chat disks "and now?"              goes on in the chat of that name; agentctl chats lists them
  agentctl chat --agent night-watch                  a new chat with another agent of agents.json
  agentctl chat "how full are my disks?" --json      the frames of the chat socket, one a line`

function agentOf(text: string): AgentName {
  const agent = AgentName.safeParse(text)
  if (agent.success) return agent.data
  throw new UsageError(`${JSON.stringify(text)} is no name of an agent. \`agentctl agents\` shows them.`)
}

export function addChat({ program, act }: Cli): void {
  program
    .command('chat')
    .argument('[question...]', 'what to ask; without it a conversation opens')
    .option('--chat <name>', 'name of the chat', 'terminal')
    .option('--agent <agent>', 'whom a chat that begins belongs to')
    .description('talk to the agent')
    .addHelpText('after', help)
    .action(
      act((context, question: string[], { chat, agent }: { chat: string; agent?: string }) => {
        const where = { chat_id: chat, ...(agent === undefined ? {} : { agent: agentOf(agent) }) }
        return question.length > 0 ? chatOnce(context, question.join(' '), where) : chatSession(context, where)
      }),
    )
}
