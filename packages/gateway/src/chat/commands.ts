import { CastellanError, ChatMode, newId } from '@castellan/contracts'
import { didYouMean, parseJson, version } from '@castellan/daemon'
import { makeCall } from './tool-call.ts'
import type { Turn } from './turn.ts'
import { SHOWN_TO_OWNER } from './withhold.ts'

/** What commands need that only read: they are answered while a turn runs as well. */
export type ReadingParts = Pick<Turn, 'agentd' | 'chat' | 'conversations' | 'engine' | 'signal'>

interface Command {
  readonly usage: string
  readonly purpose: string
  /** Only reads: its whole answer. */
  readonly answer?: (parts: ReadingParts) => Promise<string> | string
  /** Does something: a turn of its own. */
  readonly run?: (argument: string, turn: Turn) => Promise<void>
}

/** What works in a chat without any model. */
const commands: Record<string, Command> = {
  help: { usage: '/help', purpose: 'this list', answer: () => HELP },
  tools: { usage: '/tools', purpose: 'the tools, what each does, and whether it changes anything', answer: listTools },
  call: { usage: '/call NAME {JSON}', purpose: 'run one tool, e.g. /call disk_usage {"path":"/"}', run: callTool },
  approvals: { usage: '/approvals', purpose: 'calls that wait for your yes or no', answer: listApprovals },
  undo: { usage: '/undo N', purpose: 'take back the act with ledger number N', run: undo },
  agent: { usage: '/agent', purpose: 'who answers in this chat, and what it thinks with', answer: tellAgent },
  mode: {
    usage: '/mode [NAME]',
    purpose: 'what this chat is held to: observe, assist, sensitive or none',
    run: setMode,
  },
  usage: { usage: '/usage', purpose: 'tokens and cost of this chat', answer: tellChatUsage },
  status: { usage: '/status', purpose: 'the state of the gateway, agentd and the engine', answer: tellStatus },
}

const HELP = [
  'Ask in plain words, or use a command:',
  ...Object.values(commands).map(({ usage, purpose }) => `  ${usage.padEnd(18)} ${purpose}`),
  'Calls that change something wait for your approval, and each one is in the ledger.',
].join('\n')

/** A slash and a word; `/etc/hosts` is a path and goes to the model. */
const COMMAND = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i

export function isCommand(text: string): boolean {
  return COMMAND.test(text)
}

/** Whether this is a command that does something by itself, such as `/call`: more than talking to an agent. */
export function isActing(text: string): boolean {
  return find(read(text).word)?.run !== undefined
}

/** Carries out a command. Throws `not_found` for one that does not exist, and what its argument or its call fails with. */
export async function runCommand(text: string, turn: Turn): Promise<void> {
  const { word, argument } = read(text)
  const command = find(word)
  if (command === undefined) {
    const hint = didYouMean(word.toLowerCase(), Object.keys(commands))
    throw new CastellanError('not_found', `There is no command /${word}.${hint} /help lists them all.`)
  }
  if (command.answer !== undefined) turn.chat.emit({ type: 'text', text: await command.answer(turn) })
  await command.run?.(argument, turn)
}

/** The answer to a command that only reads; undefined for everything else that can be said. */
export function readingAnswer(text: string, parts: ReadingParts): Promise<string> | string | undefined {
  return find(read(text).word)?.answer?.(parts)
}

function read(text: string): { readonly word: string; readonly argument: string } {
  const [, word = '', argument = ''] = COMMAND.exec(text) ?? []
  return { word, argument: argument.trim() }
}

function find(word: string): Command | undefined {
  const name = word.toLowerCase()
  return Object.hasOwn(commands, name) ? commands[name] : undefined
}

async function listTools({ agentd, signal }: ReadingParts): Promise<string> {
  const { tools } = await agentd.tools(signal)
  const lines = tools.map(({ name, effect, description }) => `${name} (${effect}): ${description}`)
  return [`${tools.length} tools:`, ...lines].join('\n')
}

async function callTool(argument: string, turn: Turn): Promise<void> {
  const [, name = '', json = ''] = /^(\S*)\s*([\s\S]*)$/.exec(argument) ?? []
  if (name === '') throw new CastellanError('invalid_request', 'Say which tool: /call NAME {JSON}. /tools lists them.')
  await callAndTell(`/call ${argument}`, name, readArguments(name, json), turn)
}

function readArguments(name: string, json: string): Record<string, unknown> {
  if (json === '') return {}
  const value = parseJson(json, `What follows ${name}`)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new CastellanError(
    'invalid_arguments',
    `The arguments have to be a JSON object, as in /call ${name} {"name":"value"}.`,
  )
}

async function undo(argument: string, turn: Turn): Promise<void> {
  if (!/^\d{1,15}$/.test(argument)) {
    throw new CastellanError(
      'invalid_arguments',
      'Say which act, by its ledger number: /undo 12. Each result shows its number.',
    )
  }
  await callAndTell(`/undo ${argument}`, 'undo_apply', { index: Number(argument) }, turn)
}

/** A call that the owner spelled out. The model is not asked, but sees later that it happened. */
async function callAndTell(said: string, name: string, args: Record<string, unknown>, turn: Turn): Promise<void> {
  const { chat } = turn
  const call = { call_id: newId('call'), name, args }
  chat.history.add({ role: 'user', text: said })
  chat.history.add({ role: 'assistant', text: '', calls: [call] })
  const result = await makeCall(call, turn)
  chat.history.add(result)
  chat.history.add({ role: 'assistant', text: result.secret === true ? SHOWN_TO_OWNER : result.summary, calls: [] })
  chat.emit({ type: 'text', text: result.summary })
}

async function listApprovals({ agentd, signal }: ReadingParts): Promise<string> {
  const pending = (await agentd.approvals(signal)).filter((approval) => approval.state === 'pending')
  const lines = pending.map(({ approval_id, tool, args, reason, binding, votes, needed }) => {
    const count = needed === 1 ? '' : ` Approved ${votes.length} of ${needed}.`
    return `${approval_id}: ${tool} ${JSON.stringify(args)}\n  ${reason} Open until ${binding.expires_at}.${count}`
  })
  const answer = lines.length === 0 ? ['Nothing waits for your approval.'] : ['Waiting for your yes or no:', ...lines]
  return answer.join('\n')
}

async function tellStatus({ agentd, engine, signal }: ReadingParts): Promise<string> {
  const [acting, thinking] = await Promise.all([
    agentd.state(),
    engine.health(signal).then(
      ({ state, model, busy, slots }) => {
        const slotsBusy = slots === undefined ? '' : `, ${busy} of ${slots} slots busy`
        const which = model === null ? '' : `: ${model.name} (${model.kind})${slotsBusy}`
        return `${state}${which}`
      },
      (error: unknown) => (error instanceof CastellanError ? error.message : String(error)),
    ),
  ])
  return [
    `Castellan ${version}`,
    `gateway: up ${duration(process.uptime())}`,
    `agentd: ${acting}${acting === 'degraded' ? ' (npx agentctl status says why)' : ''}`,
    `engine: ${thinking}`,
  ].join('\n')
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

function tellAgent({ chat: { agent, mode }, engine }: ReadingParts): string {
  const { name, title } = agent
  return [
    `agent: ${name}${title === null ? '' : ` (${title})`}`,
    `engine: ${engine.kind}${engine.model === null ? '' : `, model ${engine.model}`}`,
    engine.host === null
      ? 'It thinks on this machine.'
      : `It thinks at ${engine.host}, which is sent this conversation.`,
    mode === null ? 'The chat is held to the mode of its session alone.' : `The chat is held to the mode ${mode}.`,
  ].join('\n')
}

const NO_MODE = ['none', 'default', 'session']

/** A chat is only ever held to less than what the operator lets its session do; more is said on the machine. */
function setMode(argument: string, { chat }: Turn): Promise<void> {
  const word = argument.toLowerCase()
  const mode = ChatMode.safeParse(word)
  if (mode.success) chat.holdTo(mode.data)
  else if (NO_MODE.includes(word)) chat.holdTo(null)
  else if (word !== '') {
    const why =
      word === 'operate'
        ? 'A chat can only be held to less than its session: `agentctl session mode` on the machine lets it do more.'
        : `There is no mode ${word}.`
    throw new CastellanError('invalid_arguments', `${why} Say /mode observe, assist, sensitive or none.`)
  }
  const now = chat.mode === null ? 'the mode of its session alone.' : `${chat.mode}: ${MODES[chat.mode]}`
  chat.emit({ type: 'text', text: `This chat is held to ${now}` })
  return Promise.resolve()
}

const MODES: Readonly<Record<ChatMode, string>> = {
  observe: 'it may read.',
  assist: 'it may read; changes ask you.',
  sensitive: 'it may read, changes ask you, nothing reaches the network, and budgets are small.',
}

async function tellChatUsage({ chat, conversations }: ReadingParts): Promise<string> {
  const usage = await conversations.usage(chat.id)
  if (usage.turns === 0) return 'No model has told what it used in this chat. The built-in model counts nothing.'
  const { turns, prompt_tokens, cached_tokens, output_tokens, cost, uncounted, unpriced } = usage
  return [
    `${turns} ${turns === 1 ? 'turn' : 'turns'}: ${prompt_tokens} tokens in (${cached_tokens} of them cached), ${output_tokens} out, $${cost.toFixed(4)}`,
    ...(uncounted === 0 ? [] : [`Without ${uncounted} that told no tokens.`]),
    ...(unpriced === 0 ? [] : [`Without ${unpriced} that have no price: set prices in agents.json.`]),
  ].join('\n')
}
