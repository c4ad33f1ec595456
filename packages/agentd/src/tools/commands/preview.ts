import type { PreviewContext, ToolPreview } from '@castellan/contracts'
import type { Host } from '../../host/host.ts'
import type { Verdict } from '../../sandbox/index.ts'
import { count, list, oneLine } from '../words.ts'
import { shown, workingFolder } from './fields.ts'

type Plan = NonNullable<Verdict['plan']>

/** Most commands of a plan that are shown, and words of them that are looked up as files. */
const MOST_COMMANDS = 40
const MOST_WORDS = 60

/** How one command follows the one before. */
const CONNECTED: Record<Plan['connectors'][number], string> = {
  '|': 'Its output goes to',
  '|&': 'Its output and its errors go to',
  '&&': 'If that succeeds, runs',
  '||': 'If that fails, runs',
  ';': 'Then runs',
}

export interface Foreseen {
  readonly verdict: Verdict
  /** The folder it works in; undefined where it gets an empty one of its own. */
  readonly cwd: string | undefined
  readonly timeoutSeconds: number
}

/**
 * What a command would do as far as it can be told without running it: the plan that both parsers read, the files that
 * it names, and the walls around it. What a program does with its words nobody can foresee, and the preview says so.
 */
export async function commandPreview(
  { verdict, cwd, timeoutSeconds }: Foreseen,
  { host, signal }: PreviewContext<Host>,
): Promise<ToolPreview> {
  const harmless = verdict.verdict === 'harmless'
  const folder = cwd === undefined ? undefined : await workingFolder(host, cwd, signal)
  const limits = `no network, at most ${count(timeoutSeconds, 'second')}`
  const walls =
    folder === undefined
      ? `It runs in the sandbox, in an empty folder that is gone afterwards: ${limits}.`
      : `It runs in the sandbox in ${folder}: ${harmless ? 'nothing is writable' : `only ${host.sandbox.workspace} is writable`}, ${limits}.`
  const plan =
    verdict.plan === null
      ? ['What it runs cannot be told in advance, because not every word of it is a literal.']
      : planLines(verdict.plan)
  const files =
    verdict.plan === null || folder === undefined ? [] : await fileLines(verdict.plan, folder, harmless, host, signal)
  return { effects: [...plan, ...files, walls], undo: undoSentence(harmless, folder) }
}

function planLines({ commands, connectors }: Plan): string[] {
  const lines = commands.slice(0, MOST_COMMANDS).map(({ argv, redirects }, position) => {
    const connector = position === 0 ? undefined : connectors[position - 1]
    return `${connector === undefined ? 'Runs' : CONNECTED[connector]} ${[shown(argv), ...redirects].join(' ')}`
  })
  return commands.length > MOST_COMMANDS ? [...lines, `… and ${commands.length - MOST_COMMANDS} more commands`] : lines
}

/** The files that are named: those that output goes to, and those that are there. */
async function fileLines(
  { commands }: Plan,
  folder: string,
  harmless: boolean,
  host: Host,
  signal: AbortSignal,
): Promise<string[]> {
  const written = commands.flatMap(({ redirects }) => redirects.flatMap(writtenBy))
  const words = new Set(commands.flatMap(({ argv }) => argv.slice(1)).filter((word) => !word.startsWith('-')))
  const named: string[] = []
  for (const word of [...words].slice(0, MOST_WORDS)) {
    const path = word.startsWith('/') ? word : `${folder}/${word}`
    const there = await host.files.stat(path, signal).catch(() => undefined)
    if (there !== undefined) named.push(oneLine(there.path, 200))
    else if (word.includes('/')) named.push(`${oneLine(word, 200)} (not there, or out of reach)`)
  }
  return [
    ...(named.length === 0 ? [] : [`${harmless ? 'Reads' : 'Names'} ${list(named, 12)}.`]),
    ...(written.length === 0 ? [] : [`Writes its output to ${list(written, 12)}.`]),
  ]
}

/** `2>>errors.txt` → `errors.txt`; nothing for what only reads or joins streams. */
function writtenBy(redirect: string): string[] {
  const target = /^\d*&?>{1,2}\|?(?!&)(.+)$/.exec(redirect)?.[1]
  return target === undefined || target === '/dev/null' ? [] : [target]
}

function undoSentence(harmless: boolean, folder: string | undefined): string {
  if (harmless || folder === undefined) return 'There is nothing to take back: it can change nothing that stays.'
  return 'What it changes in the workspace cannot be taken back.'
}
