import type { Instance, SignInCode } from '@castellan/contracts'

export interface Announcement {
  readonly instance: Instance
  readonly signIn: SignInCode
  readonly stateDir: string
  readonly isDefaultState: boolean
  /** Things worth knowing that did not stop the start, one sentence each. */
  readonly notes: readonly string[]
}

/** What the supervisor says to the person or program that started it. */
export interface Voice {
  /** Something happened that the reader may want to know. */
  say(sentence: string): void
  ready(announcement: Announcement): void
}

/** For people: everything on standard output. */
export const personalVoice: Voice = {
  say: (sentence) => void process.stdout.write(`${sentence}\n`),
  ready: ({ instance, signIn, stateDir, isDefaultState, notes }) => {
    const where = isDefaultState ? '' : ` --state ${shellWord(stateDir)}`
    const lines = [
      '',
      'Castellan is ready.',
      '',
      `  Page      ${instance.url}/#code=${signIn.code}`,
      `            The code signs one browser in, once, within ${lifetime(signIn)}.`,
      `  Terminal  npx agentctl${where} chat`,
      `  State     ${stateDir}`,
      `  Logs      ${stateDir}/logs`,
      '  Stop      Ctrl-C',
      '',
      ...notes.map((note) => `  Note: ${note}`),
      ...(notes.length > 0 ? [''] : []),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  },
}

/** For programs: one JSON line on standard output, sentences on standard error. */
export const programVoice: Voice = {
  say: (sentence) => void process.stderr.write(`${sentence}\n`),
  ready: ({ instance }) => void process.stdout.write(`${JSON.stringify(instance)}\n`),
}

function lifetime({ expires_at }: SignInCode): string {
  const minutes = Math.round((Date.parse(expires_at) - Date.now()) / 60_000)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
