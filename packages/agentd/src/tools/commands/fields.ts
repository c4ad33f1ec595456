import { CastellanError, type TaintLabel, type ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import type { CommandReport, Verdict } from '../../sandbox/index.ts'
import { textField } from '../fields.ts'
import { isSecretName, looksSecret } from '../files/secret.ts'
import { count, duration, size } from '../words.ts'

/** Longest time a command may have, in seconds. */
const MOST_SECONDS = 300

/** The tool's own deadline lies behind every command's, so that a command's end is told as such. Escaping can make output six times longer. */
export const commandLimits = { timeoutMs: (MOST_SECONDS + 15) * 1000, outputBytes: 448 * 1024, perMinute: 60 }

const word = textField(16_384).refine((text) => !text.includes('\0'), 'must not contain NUL characters')

export const argvField = z
  .array(word)
  .min(1)
  .max(256)
  .refine((argv) => argv[0] !== '', 'must name a program')
  .describe('The program and its arguments, one word each, passed on as they are: ["grep", "-rn", "to do", "."].')

export const scriptField = textField(16_384)
  .min(1)
  .refine((text) => !text.includes('\0'), 'must not contain NUL characters')
  .describe('A bash script.')

export const cwdField = z
  .string()
  .min(1)
  .max(4096)
  .default('.')
  .describe('The folder to work in, inside the workspace. Default: the workspace.')

export const stdinField = textField(131_072)
  .optional()
  .describe('What the command reads on standard input. Default: nothing, it is closed.')

export const timeoutField = z
  .int()
  .min(1)
  .max(MOST_SECONDS)
  .default(60)
  .describe(`Seconds after which everything it started is killed, 1 to ${MOST_SECONDS}. Default 60.`)

export const commandOutput = {
  argv: z.array(z.string()).describe('What was started, word for word.'),
  exitCode: z.int().nullable().describe('128 + n where signal n ended it; null where it was stopped.'),
  ended: z
    .enum(['exited', 'deadline', 'output_limit'])
    .describe(
      '"deadline": it took too long; "output_limit": it printed more than 16 MiB. Either way all of it was killed.',
    ),
  stdout: z.string().describe('The first 32 KiB; bytes that are not UTF-8 are replaced.'),
  stderr: z.string().describe('The first 32 KiB.'),
  stdoutBytes: z.int(),
  stderrBytes: z.int(),
  truncated: z.boolean().describe('Whether there was more output than this answer shows.'),
  durationMs: z.int(),
}

export const judgement = {
  readOnly: z
    .boolean()
    .describe('Whether it was known to do no more than read; then it could not write the workspace.'),
  judgedBecause: z.string(),
}

/** What a report is in an answer. */
export function answerOf(argv: readonly string[], { stdout, stderr, ...report }: CommandReport) {
  return {
    argv: [...argv],
    exitCode: report.exitCode,
    ended: report.ended,
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutBytes: stdout.bytes,
    stderrBytes: stderr.bytes,
    truncated: stdout.truncated || stderr.truncated,
    durationMs: report.durationMs,
  }
}

/** What a verdict is in an answer. */
export function judgementOf({ verdict, reason }: Verdict) {
  return { readOnly: verdict === 'harmless', judgedBecause: reason }
}

type Outcome = Pick<ReturnType<typeof answerOf>, 'exitCode' | 'ended' | 'stdoutBytes' | 'stderrBytes' | 'durationMs'>

export function commandSummary(what: string, outcome: Outcome): string {
  const { exitCode, ended, stdoutBytes, stderrBytes, durationMs } = outcome
  const took = durationMs < 1000 ? `${durationMs} ms` : duration(durationMs / 1000)
  const said =
    stdoutBytes + stderrBytes === 0 ? 'It printed nothing.' : `It printed ${size(stdoutBytes + stderrBytes)}.`
  if (ended === 'deadline') return `${what} was stopped after ${took}: it took longer than it may. ${said}`
  if (ended === 'output_limit')
    return `${what} was stopped after ${took}: it printed too much, ${size(stdoutBytes + stderrBytes)}.`
  return exitCode === 0
    ? `${what} succeeded in ${took}. ${said}`
    : `${what} failed with exit code ${exitCode} after ${took}. ${said}`
}

/** A command line for people, cut to one short line. */
export function shown(argv: readonly string[]): string {
  const line = argv.map((text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text))).join(' ')
  return line.length > 80 ? `${line.slice(0, 80)}… (${count(argv.length, 'word')})` : line
}

/** The folder to work in, resolved. Throws what file tools throw, and `path_outside_roots` outside the workspace. */
export async function workingFolder(host: Host, cwd: string, signal: AbortSignal): Promise<string> {
  const { path, kind } = await host.files.stat(cwd, signal)
  if (kind !== 'directory') throw new CastellanError('not_a_directory', `${path} is not a folder to work in.`)
  const { workspace } = host.sandbox
  if (path === workspace || path.startsWith(`${workspace}/`)) return path
  throw new CastellanError('path_outside_roots', `Commands work in the workspace, ${workspace}; ${path} is outside.`)
}

/**
 * What a command prints may be anybody's words: those of the files it read, or of the program's maker. It is a secret where
 * it shows a private key, or where the command or a line of its output (as of `grep -r`) names a file that holds secrets.
 */
export function printedTaints({ argv, stdout, stderr }: Printed): TaintLabel[] {
  if (stdout === '' && stderr === '') return []
  const named = argv.flatMap((word) => word.split(/[\s"'<>|;&:=]+/))
  const shownBy = stdout.split('\n').map((line) => line.split(':', 1)[0] ?? '')
  const secret = looksSecret('', stdout) || looksSecret('', stderr) || [...named, ...shownBy].some(isSecretName)
  return secret ? ['untrusted-text', 'secret'] : ['untrusted-text']
}

type Printed = Pick<ReturnType<typeof answerOf>, 'argv' | 'stdout' | 'stderr'>

/** A command is about the whole workspace, which it may write unless it is known to do no more than read. */
export function workspaceResources({ sandbox }: Host, { verdict }: Verdict): ToolResource[] {
  return [{ kind: 'path', id: sandbox.workspace, access: verdict === 'harmless' ? 'read' : 'write', tree: true }]
}
