import { access, constants, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { commandFailed, findProgram, runCommand } from './command.ts'
import { journalSizeBytes } from './journal-size.ts'

/** syslog(3) priorities, most severe first; the position is the number. */
export const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const
export type Priority = (typeof priorities)[number]

export interface JournalEntry {
  readonly at: Date
  readonly unit: string | null
  readonly process: string | null
  readonly pid: number | null
  readonly priority: Priority
  readonly message: string
  /** Names this entry, to go on from. */
  readonly cursor: string
}

export interface JournalQuery {
  /** Full unit name. */
  readonly unit?: string
  /** This severity and worse. */
  readonly priority?: Priority
  readonly since?: Date
  readonly until?: Date
  /** Perl-compatible expression on the message; case matters only if it has capitals. */
  readonly grep?: string
  /** Boot offset: 0 is the present boot, -1 the one before. */
  readonly boot?: number
  /** Of an entry seen before: only what is older than it. */
  readonly cursor?: string
  readonly limit: number
}

/** The newest entries that match, newest first. `more` says that older ones match as well. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[]
  readonly more: boolean
  /** True where this user may not read the system's journal, only entries of its own: the answer is then not all there is. */
  readonly restricted: boolean
}

/** One boot as far as the journal goes back. */
export interface Boot {
  /** 0 is the present boot, -1 the one before. */
  readonly boot: number
  readonly id: string
  readonly firstEntry: Date
  readonly lastEntry: Date
}

const MAX_OUTPUT_BYTES = 32 * 1024 * 1024
const MAX_MESSAGE_CHARACTERS = 4096
const fields = 'MESSAGE,PRIORITY,_PID,SYSLOG_IDENTIFIER,_COMM,_SYSTEMD_UNIT,UNIT'

/** The systemd journal, through `journalctl -o json` (systemd.journal-fields(7)). */
export class Journal {
  /** Throws `unsupported_host` where there is no journal, `invalid_arguments` for a bad expression, boot or cursor. */
  async query(query: JournalQuery, signal: AbortSignal): Promise<JournalPage> {
    const restricted = !(await readable(await journalFolder()))
    const program = await findProgram('journalctl')
    // One more than asked for tells whether there is a page before.
    const result = await runCommand(program, journalArguments(query), { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
    if (result.exitCode !== 0 && /insufficient permissions/i.test(result.stderr))
      return { entries: [], more: false, restricted }
    if (result.exitCode !== 0 && result.stderr.trim() !== '')
      throw refusal(result.stderr) ?? commandFailed('journalctl', result)
    return { ...parseJournal(result.stdout, query.limit), restricted }
  }

  /** What it takes on disk. Throws `unsupported_host` where there is no journal. */
  async sizeBytes(signal: AbortSignal): Promise<number> {
    return journalSizeBytes(await journalFolder(), signal)
  }

  /** The boots that the journal remembers, the present one first. Needs systemd 251 or later. Throws `unsupported_host`. */
  async boots(signal: AbortSignal): Promise<readonly Boot[]> {
    await journalFolder()
    const program = await findProgram('journalctl')
    const args = ['--list-boots', '--output=json', '--quiet', '--no-pager']
    const result = await runCommand(program, args, { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
    if (result.exitCode !== 0) throw commandFailed('journalctl', result)
    return parseBoots(result.stdout)
  }
}

/** An array of boots, oldest first, times in microseconds. */
export function parseBoots(json: string): Boot[] {
  const boots: unknown = json.trim() === '' ? [] : JSON.parse(json)
  const list = (Array.isArray(boots) ? boots : []) as Record<string, unknown>[]
  return list
    .map(({ index, boot_id, first_entry, last_entry }) => ({
      boot: Number(index),
      id: String(boot_id),
      firstEntry: new Date(Number(first_entry) / 1000),
      lastEntry: new Date(Number(last_entry) / 1000),
    }))
    .sort((left, right) => right.boot - left.boot)
}

export function journalArguments(query: JournalQuery): string[] {
  const seconds = (date: Date, round: (value: number) => number) => `@${round(date.getTime() / 1000)}`
  return [
    '--output=json',
    `--output-fields=${fields}`,
    '--all',
    '--quiet',
    '--no-pager',
    '--reverse',
    `--lines=${query.limit + 1}`,
    ...(query.unit === undefined ? [] : [`--unit=${query.unit}`]),
    ...(query.priority === undefined ? [] : [`--priority=${query.priority}`]),
    ...(query.since === undefined ? [] : [`--since=${seconds(query.since, Math.floor)}`]),
    ...(query.until === undefined ? [] : [`--until=${seconds(query.until, Math.ceil)}`]),
    ...(query.grep === undefined ? [] : [`--grep=${query.grep}`]),
    ...(query.boot === undefined ? [] : [`--boot=${query.boot}`]),
    ...(query.cursor === undefined ? [] : [`--after-cursor=${query.cursor}`]),
  ]
}

/** One JSON object a line, newest first, perhaps one more than `limit`. */
export function parseJournal(text: string, limit: number): Pick<JournalPage, 'entries' | 'more'> {
  const lines = text.split('\n').filter((line) => line !== '')
  const entries = lines.slice(0, limit).map((line) => describe(JSON.parse(line) as Record<string, unknown>))
  return { entries, more: lines.length > limit }
}

function describe(record: Record<string, unknown>): JournalEntry {
  const pid = Number(text(record._PID) ?? Number.NaN)
  return {
    at: new Date(Number(record.__REALTIME_TIMESTAMP) / 1000),
    unit: text(record.UNIT) ?? text(record._SYSTEMD_UNIT),
    process: text(record.SYSLOG_IDENTIFIER) ?? text(record._COMM),
    pid: Number.isInteger(pid) ? pid : null,
    priority: priorities[Number(text(record.PRIORITY) ?? 6)] ?? 'info',
    message: cut(text(record.MESSAGE) ?? ''),
    cursor: String(record.__CURSOR),
  }
}

/** A field is a string, bytes as numbers where it is not UTF-8, or a list of either where it was given twice. */
function text(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return null
  if (value.every((item) => typeof item === 'number')) return Buffer.from(value).toString()
  return value.map((item) => text(item) ?? '').join('\n')
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE_CHARACTERS ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…` : message
}

function refusal(stderr: string): CastellanError | null {
  const words = stderr.trim().split('\n').at(-1) ?? ''
  if (/Compiled without pattern matching/.test(words)) {
    return new CastellanError('unsupported_host', 'The journal of this host cannot search messages: leave out grep.')
  }
  if (/(pattern|cursor|boot|timestamp|Bad pattern|data from the specified boot|No such boot)/i.test(words)) {
    return new CastellanError(
      'invalid_arguments',
      `The journal does not understand the question: ${words.slice(0, 300)}`,
    )
  }
  return null
}

/** journald keeps its files in one of two folders, one folder inside for each machine id. */
async function journalFolder(): Promise<string> {
  for (const folder of ['/var/log/journal', '/run/log/journal']) {
    const inside = await readdir(folder).catch(() => [])
    const machine = inside.find((name) => /^[0-9a-f]{32}$/.test(name))
    if (machine !== undefined) return join(folder, machine)
  }
  throw new CastellanError(
    'unsupported_host',
    'This host keeps no systemd journal (neither /var/log/journal nor /run/log/journal has one). On NixOS, or any Linux ' +
      'that boots with systemd, this works.',
  )
}

/** The system's own journal belongs to root and the group systemd-journal (systemd-journald.service(8)). */
function readable(folder: string): Promise<boolean> {
  return access(join(folder, 'system.journal'), constants.R_OK).then(
    () => true,
    () => false,
  )
}
