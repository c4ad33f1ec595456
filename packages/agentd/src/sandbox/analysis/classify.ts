import { isDeepStrictEqual } from 'node:util'
import { pathProblem } from './paths.ts'
import { commandProblem } from './rules/index.ts'
import {
  type Connector,
  type LiteralScript,
  NotLiteral,
  type Redirect,
  type ScriptReader,
  type SimpleCommand,
} from './script.ts'

/** What will be run, for people and for policy: each command's words with the quotes taken off. */
export interface Plan {
  readonly commands: readonly { readonly argv: readonly string[]; readonly redirects: readonly string[] }[]
  /** What stands between the commands. */
  readonly connectors: readonly Connector[]
}

export interface Verdict {
  /** `harmless`: every word is a literal, every command and option is known to do no more than read. */
  readonly verdict: 'harmless' | 'ask'
  /** Why, one sentence for people. */
  readonly reason: string
  /** Null where the script is not understood as a whole. */
  readonly plan: Plan | null
}

export interface Classifier {
  /** Judges an argv that is started without a shell. */
  argv(argv: readonly string[]): Verdict
  /** Judges a script for bash. */
  script(source: string): Verdict
}

/** Two parsers that share no code. */
type Readers = readonly [ScriptReader, ScriptReader]

/** Longer scripts are for people to read. */
const MOST_CHARACTERS = 8192

/** Printable ASCII, line breaks, tabs, letters of any script. Other Unicode can make a line look like what it is not. */
const readable = /^[\x20-\x7e\n\t\p{L}\p{M}\p{N}]*$/u

/**
 * Decides what needs no approval because it can do nothing but read. Judging is pure: no file is looked at, nothing is
 * run. Whatever is not understood is `ask`; the two parsers have to agree word for word.
 */
export async function openClassifier(): Promise<Classifier> {
  const [{ readWithUnbash }, { loadTreeSitter }] = await Promise.all([
    import('./read-unbash.ts'),
    import('./read-tree-sitter.ts'),
  ])
  const readers: Readers = [readWithUnbash, await loadTreeSitter()]
  return {
    argv: (argv) => judgeArgv(argv),
    script: (source) => judgeScript(source, readers),
  }
}

function judgeArgv(argv: readonly string[]): Verdict {
  const command: SimpleCommand = { words: argv.map((value) => ({ value, glob: false })), redirects: [] }
  const script: LiteralScript = { commands: [command], connectors: [] }
  return judged(script, argv.every((word) => readable.test(word)) ? undefined : 'it has unusual characters')
}

function judgeScript(source: string, [readOnce, readAgain]: Readers): Verdict {
  if (source.length > MOST_CHARACTERS) return ask('it is longer than what is judged here', null)
  if (!readable.test(source)) return ask('it has unusual characters', null)
  try {
    const script = readOnce(source)
    if (!isDeepStrictEqual(script, readAgain(source))) return ask('two parsers read it differently', null)
    return judged(script)
  } catch (error) {
    if (error instanceof NotLiteral) return ask(error.message, null)
    throw error
  }
}

function judged(script: LiteralScript, problem = scriptProblem(script)): Verdict {
  const plan: Plan = {
    commands: script.commands.map(({ words, redirects }) => ({
      argv: words.map(({ value }) => value),
      redirects: redirects.map(({ descriptor, operator, target }) => `${descriptor ?? ''}${operator}${target.value}`),
    })),
    connectors: script.connectors,
  }
  if (problem !== undefined) return ask(problem, plan)
  return { verdict: 'harmless', reason: 'Every command in it is known to do no more than read.', plan }
}

/** Some problems quote words of the command: they stay on one line, so that nobody takes them for what agentd says. */
function ask(problem: string, plan: Plan | null): Verdict {
  const line = problem.replace(/\s+/g, ' ')
  return { verdict: 'ask', reason: `It needs approval: ${line.length > 300 ? `${line.slice(0, 300)}…` : line}.`, plan }
}

function scriptProblem({ commands }: LiteralScript): string | undefined {
  if (commands.length === 0) return 'there is no command in it'
  for (const { words, redirects } of commands) {
    const problem = commandProblem(words) ?? redirects.map(redirectProblem).find((found) => found !== undefined)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Reading from a file, throwing output away, and joining standard output and error are all that only read. */
function redirectProblem({ descriptor, operator, target }: Redirect): string | undefined {
  if (target.glob) return 'it redirects to a file whose name is put in when it runs'
  if (operator === '<' && descriptor === null) return pathProblem(target)
  if (['>', '>>', '&>'].includes(operator) && target.value === '/dev/null') return undefined
  if (operator === '>&' && /^[12]$/.test(target.value) && (descriptor ?? 1) <= 2) return undefined
  return `it redirects ${operator} ${target.value}`
}
