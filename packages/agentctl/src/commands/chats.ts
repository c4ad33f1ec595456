import type { ChatHit, ChatView } from '@castellan/contracts'
import { deleteChat, exportJson, exportMarkdown, listChats, renameChat, searchMessages } from '@castellan/contracts/api'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { askGateway, streamFromGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
Examples:
  agentctl chats                            every chat, the one last used first
  agentctl chats search "backup nas"        where these words stand
  agentctl chats export disks > disks.md    a page to read; --format json for programs
  agentctl chats rename disks "All disks"
  agentctl chats rm disks                   for good; the ledger keeps the calls that were made`

const PAGE = '200'

/** `agentctl chats`: what was said, for its owner to find, keep and delete. */
export function addChats({ program, act }: Cli): void {
  const chats = program
    .command('chats')
    .description('the conversations: list, search, export, rename, delete')
    .addHelpText('after', teach)
  chats
    .command('list', { isDefault: true })
    .option('--agent <agent>', 'only chats with this agent')
    .description('list chats, the one last used first')
    .action(act(list))
  chats
    .command('search')
    .argument('<words...>', 'words that all stand in a message, or begin words in it')
    .option('--chat <name>', 'only in this chat')
    .option('--limit <n>', 'at most so many, 1 to 200', '50')
    .description('find what was said, newest first')
    .action(act(search))
  chats
    .command('export')
    .argument('<chat>', 'its name')
    .option('--format <format>', 'markdown, or json: one value a line', 'markdown')
    .description('print a whole chat')
    .action(act(exportChat))
  chats
    .command('rename')
    .argument('<chat>', 'its name')
    .argument('[title]', 'what people call it; without it the title goes')
    .description('change the title of a chat')
    .action(
      act(async (context: Context, chat_id: string, title: string | undefined) => {
        const view = await askGateway(context, renameChat, { params: { chat_id }, body: { title: title ?? null } })
        context.terminal.result(view, () => print(context, [view]))
        return exitCodes.ok
      }),
    )
  chats
    .command('rm')
    .argument('<chat>', 'its name')
    .description('delete a chat for good')
    .action(
      act(async (context: Context, chat_id: string) => {
        await askGateway(context, deleteChat, { params: { chat_id } })
        context.terminal.result({ deleted: chat_id }, () => context.terminal.line(`Chat ${chat_id} is deleted.`))
        return exitCodes.ok
      }),
    )
}

async function list(context: Context, { agent }: { agent?: string }): Promise<number> {
  const all: ChatView[] = []
  const query = { limit: PAGE, ...(agent === undefined ? {} : { agent }) }
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: ChatView[]; next_cursor: string | null } = await askGateway(context, listChats, {
      query: { ...query, ...(cursor === '' ? {} : { cursor }) },
    })
    all.push(...page.items)
    cursor = page.next_cursor
  }
  context.terminal.result(all, () => print(context, all))
  return exitCodes.ok
}

async function search(
  context: Context,
  words: string[],
  { chat, limit }: { chat?: string; limit: string },
): Promise<number> {
  const query = { q: words.join(' '), limit, ...(chat === undefined ? {} : { chat_id: chat }) }
  const { items } = await askGateway(context, searchMessages, { query })
  context.terminal.result(items, () => printHits(context, items))
  return items.length > 0 ? exitCodes.ok : exitCodes.failed
}

async function exportChat(context: Context, chat_id: string, { format }: { format: string }): Promise<number> {
  if (format !== 'markdown' && format !== 'json') {
    throw new UsageError(`--format has to be markdown or json, not ${JSON.stringify(format)}.`)
  }
  const operation = format === 'json' || context.terminal.json ? exportJson : exportMarkdown
  // A file gets what was said as it was; a terminal only what does no harm there.
  const shown = context.terminal.out.isTTY === true ? printable : (text: string) => text
  for await (const piece of streamFromGateway(context, operation, { params: { chat_id } })) {
    context.terminal.out.write(shown(piece))
  }
  return exitCodes.ok
}

function print({ terminal }: Context, chats: readonly ChatView[]): void {
  if (chats.length === 0) terminal.line('There are no chats yet. Begin one: agentctl chat')
  else
    terminal.table(
      ['CHAT', 'AGENT', 'LAST USED', 'NOW', 'TITLE'],
      chats.map(({ chat_id, agent, updated_at, running, title }) => [
        ...[chat_id, agent, localTime(updated_at), running ? 'running' : '-'],
        printable(title ?? ''),
      ]),
    )
}

function printHits({ terminal }: Context, hits: readonly ChatHit[]): void {
  if (hits.length === 0) terminal.line('Nothing was said with these words.')
  else
    terminal.table(
      ['CHAT', 'SAID', 'BY', 'WORDS'],
      hits.map(({ chat_id, at, role, excerpt }) => [chat_id, localTime(at), role, printable(excerpt)]),
    )
}
