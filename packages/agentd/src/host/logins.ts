import { open, stat } from 'node:fs/promises'
import { arch } from 'node:os'
import { CastellanError } from '@castellan/contracts'

/** One login, from utmp(5). `from` is empty for somebody at the machine itself. */
export interface Login {
  readonly user: string
  readonly terminal: string
  readonly from: string
  readonly at: Date
  /** When the session ended; null while it lasts, or where nothing tells. */
  readonly until: Date | null
}

export interface Logins {
  readonly present: readonly Login[]
  /** Newest first. */
  readonly past: readonly Login[]
  /** Failed attempts that are still on record, newest first; null where they may not be read. */
  readonly failed: readonly Login[] | null
}

/** The end of a file that may have grown for years. */
const MOST_BYTES = 2 * 1024 * 1024

/** `ut_type` values of utmp(5). */
const BOOT_TIME = 2
const LOGIN_PROCESS = 6
const USER_PROCESS = 7
const DEAD_PROCESS = 8

/** Throws `unsupported_host` where this host keeps no such records. */
export async function readLogins(): Promise<Logins> {
  const [utmp, wtmp, btmp] = await Promise.all([
    readEnd('/run/utmp'),
    readEnd('/var/log/wtmp'),
    readEnd('/var/log/btmp'),
  ])
  if (utmp === null && wtmp === null) {
    throw new CastellanError(
      'unsupported_host',
      'This host keeps no record of logins (neither /run/utmp nor /var/log/wtmp may be read). With a systemd built to keep utmp, ' +
        'as on NixOS, this works.',
    )
  }
  return {
    present: presentLogins(parseUtmp(utmp ?? Buffer.alloc(0))),
    past: pastLogins(parseUtmp(wtmp ?? Buffer.alloc(0))),
    failed:
      btmp === null
        ? null
        : parseUtmp(btmp)
            .map((record) => ({ ...login(record), until: null }))
            .reverse(),
  }
}

export interface UtmpRecord {
  readonly type: number
  readonly pid: number
  readonly line: string
  readonly user: string
  readonly host: string
  readonly at: Date
}

/** Where the time is and how long a record is: 64-bit words on the architectures that never had 32-bit programs. */
const layout =
  arch() === 'x64' || arch() === 'ia32' || arch() === 'arm'
    ? { size: 384, time: 340, wide: false }
    : { size: 400, time: 344, wide: true }

/** utmp(5): records of fixed length, strings cut by a zero byte. */
export function parseUtmp(bytes: Buffer, { size, time, wide } = layout): UtmpRecord[] {
  const records: UtmpRecord[] = []
  for (let at = bytes.length % size; at + size <= bytes.length; at += size) {
    const record = bytes.subarray(at, at + size)
    const text = (from: number, length: number) => {
      const part = record.subarray(from, from + length)
      const end = part.indexOf(0)
      return printable(part.subarray(0, end < 0 ? length : end).toString())
    }
    const seconds = wide ? Number(record.readBigInt64LE(time)) : record.readUInt32LE(time)
    records.push({
      type: record.readInt16LE(0),
      pid: record.readInt32LE(4),
      line: text(8, 32),
      user: text(44, 32),
      host: text(76, 256),
      at: new Date(seconds * 1000),
    })
  }
  return records
}

function presentLogins(records: readonly UtmpRecord[]): Login[] {
  return records
    .filter(({ type, user }) => type === USER_PROCESS && user !== '')
    .map((record) => ({ ...login(record), until: null }))
}

/** A session ends where its terminal is freed, or taken again, or the machine starts anew. */
export function pastLogins(records: readonly UtmpRecord[]): Login[] {
  const open = new Map<string, Login>()
  const all: Login[] = []
  const end = (line: string, at: Date) => {
    const session = open.get(line)
    if (session !== undefined) all.push({ ...session, until: at })
    open.delete(line)
  }
  for (const record of records) {
    if (record.type === BOOT_TIME) for (const line of [...open.keys()]) end(line, record.at)
    if (record.type === DEAD_PROCESS || record.type === LOGIN_PROCESS) end(record.line, record.at)
    if (record.type === USER_PROCESS && record.user !== '') {
      end(record.line, record.at)
      open.set(record.line, { ...login(record), until: null })
    }
  }
  return [...all, ...open.values()].sort((left, right) => right.at.getTime() - left.at.getTime())
}

function login({ user, line, host, at }: UtmpRecord): Omit<Login, 'until'> {
  return { user, terminal: line, from: host, at }
}

/** Anybody may write anything as the name of an account into a failed login. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/g, '\u{fffd}')
}

async function readEnd(path: string): Promise<Buffer | null> {
  try {
    const { size } = await stat(path)
    const file = await open(path, 'r')
    try {
      const length = Math.min(size, MOST_BYTES)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}
