import { chatOnce } from '../chat/once.ts'
import { chatSession } from '../chat/session.ts'
import type { Cli } from '../program.ts'

const help = `
With a question it answers and ends; without one it opens a conversation. A call that needs your word is shown in full
and waits for your key: a approves it once, d denies it. Without a terminal it waits for \`agentctl approve\` elsewhere.
In a conversation, /help lists the slash commands, Ctrl-C stops the running turn, Ctrl-D ends the conversation.

Examples:
  agentctl chat
  agentctl chat "which services failed?"
  agentctl chat "how full are my disks?" --json      the frames of the chat socket, one a line`

export function addChat({ program, act }: Cli): void {
  program
    .command('chat')
    .argument('[question...]', 'what to ask; without it a conversation opens')
    .option('--chat <id>', 'name of the chat', 'terminal')
    .description('talk to the agent')
    .addHelpText('after', help)
    .action(
      act((context, question: string[], options: { chat: string }) =>
        question.length > 0 ? chatOnce(context, question.join(' '), options.chat) : chatSession(context, options.chat),
      ),
    )
}
