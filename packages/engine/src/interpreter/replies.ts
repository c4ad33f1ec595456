import type { ToolDescriptor } from '@castellan/contracts'

/** What a person could type for a tool; shown as examples of what can be asked, in this order of usefulness. */
const EXAMPLES: readonly (readonly [tool: string, request: string])[] = [
  ['disk_usage', 'how full are my disks?'],
  ['service_failed', 'which services failed?'],
  ['journal_query', 'show the last errors in the journal'],
  ['network_listeners', 'what is listening on the network?'],
  ['file_write', 'write a note to notes.txt in my workspace'],
  ['ledger_query', 'what did you do today?'],
  ['system_health', 'is the server all right?'],
  ['memory_usage', 'how much memory is free?'],
]
const SHOWN_EXAMPLES = 4

const GREETING =
  /^(?:hi|hello|hey|howdy|hiya|yo|greetings|good (?:morning|afternoon|evening|day)|morning|evening|hallo)\b[\s,!.]*(?:there|castellan|all|everyone|again)?[\s!.,]*$/i
const THANKS =
  /^(?:ok(?:ay)?[\s,!.]+)?(?:thanks?|thank you|thx|ty|cheers|great|perfect|nice|awesome|cool|good job|well done)(?:[\s,!.]+(?:a lot|so much|very much|again|you|then|man|mate|castellan|that's all|for that|for the help))*[\s!.]*$/i

const HELP =
  /^(?:please\s+)?(?:help(?:\s+me)?|what (?:can|could) (?:you|i) (?:do|ask)(?:\s+(?:here|for me|you))?|what do you do|who are you|what are you|how does this work|commands?)[\s?!.]*$/i

const STOP_ALL =
  /^(?:please[\s,]+)?(?:emergency stop|panic|(?:stop|halt|freeze|kill) (?:everything|all (?:of )?(?:the )?agents|every agent|the agents?|yourself)|stop all)(?:\s+(?:now|at once|immediately|please))*[\s.!]*$/i

/** The answer to a greeting, a thank-you, a call for help or for the emergency stop; undefined for everything else. */
export function courtesy(text: string, tools: readonly ToolDescriptor[]): string | undefined {
  if (GREETING.test(text)) return `Hello. ${whatToAsk(tools)}`
  if (HELP.test(text))
    return `I turn requests into this server's tools, and changes wait for your yes. ${whatToAsk(tools)}`
  if (STOP_ALL.test(text)) return stopAll
  return THANKS.test(text) ? 'You are welcome.' : undefined
}

/** The answer to what no tool serves: what can be asked instead, and how to get a model that talks. */
export function cannotHelp(tools: readonly ToolDescriptor[]): string {
  return (
    `I am a small model that turns requests into this server's tools, and none of them does that. ${whatToAsk(tools)} ` +
    'For free conversation, start with a larger model: npm start -- --model FILE.gguf'
  )
}

function whatToAsk(tools: readonly ToolDescriptor[]): string {
  const offered = new Set<string>(tools.map((tool) => tool.name))
  const examples = EXAMPLES.filter(([tool]) => offered.has(tool)).slice(0, SHOWN_EXAMPLES)
  if (examples.length === 0) return 'No tools are at hand right now; /status tells what is running.'
  return `You can ask, for example: ${examples.map(([, request]) => `"${request}"`).join(', ')}. /tools lists everything.`
}

export const forbidden = 'Understood: that was not done. Nothing was changed.'

/** No agent stops the agents: a person does, in sight of this answer. */
const stopAll =
  'That is in your hand, not mine: “Stop agents” at the top of the page freezes all agents at once, or in a terminal npx agentctl panic. The services of this server go on.'

export const notSure = 'I am not sure what you mean. Did you mean one of these?'

const WHOLE =
  'and that does not fit into one sentence to a model this small: /tools shows what it takes, /call makes it.'

const QUESTIONS: Readonly<Record<string, string>> = {
  path: 'Which file or folder do you mean? Name it in the request, for example notes.txt.',
  unit: 'Which service do you mean? Name it in the request, for example nginx.',
  find: 'Which text should be replaced, and by what? For example: in notes.txt replace "foo" with "bar".',
  host: 'Which machine do you mean? Say its name or address, for example db.example.org.',
  url: 'Which address should be asked? For example https://example.org/health.',
  port: 'Which port do you mean? For example 5432.',
  pid: 'Which process do you mean? "what is running?" shows their numbers; then say: end nginx with pid 1234.',
  option: 'Which option do you mean? Say its full name, for example services.nginx.enable.',
  value: 'Which value should it get? Say it at the end: set services.nginx.enable to true.',
  argv: 'Which program should run? Say it with its arguments, for example: run git log.',
  script: 'Which script should run? Say it at the end of the request.',
  paths: 'What should be backed up? Name a file or a folder, for example /srv/www.',
  number: 'Which generation do you mean? "which generations are there?" lists them.',
  index: 'Which entry do you mean? "what did you do today?" shows the numbers.',
  server: 'Which MCP server do you mean? "which mcp servers are there?" lists them.',
  about: 'About what? Say it in a few words.',
  text: 'What should I remember? Say: remember that the nas is at 192.168.1.20.',
  check: `A watcher needs a check, a name and what to do, ${WHOLE}`,
  calls: `A routine needs a name, a schedule and the calls to make, ${WHOLE}`,
  replace: 'What should it be replaced with? For example: in notes.txt replace "foo" with "bar".',
}

/** Asks for what a call cannot do without. */
export function askFor(tool: ToolDescriptor, missing: string): string {
  if (tool.name === 'trash_restore') {
    return 'Which file should come back? "what is in the trash?" lists them; then say: restore notes.txt.'
  }
  return (
    QUESTIONS[missing] ?? `${tool.title} needs ${missing}, and the request does not say it. Say it in one sentence.`
  )
}

/** How an offered reading is shown: `Journal: unit nginx, since yesterday`. */
export function labelOf(tool: ToolDescriptor, args: Readonly<Record<string, unknown>>): string {
  const named = Object.entries(args).map(([name, value]) =>
    name === 'path' || name === 'unit' ? String(value) : `${name} ${String(value)}`,
  )
  return named.length === 0 ? tool.title : `${tool.title}: ${named.join(', ')}`
}

/** Cuts a text into deltas of a few words, so that a client sees the same stream from every model. */
export function* deltas(text: string): Generator<string> {
  for (const [piece] of text.matchAll(/(?:\S+\s*){1,4}/g)) yield piece
}
