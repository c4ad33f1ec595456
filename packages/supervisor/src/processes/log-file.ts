import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { redactText } from '@castellan/daemon'

/** A log larger than this is set aside at the next start, in bytes. */
const ROTATE_AT_BYTES = 8 * 1024 * 1024
/** `agentd.log.1` to `agentd.log.3`. */
const KEPT = 3
/** How far back the last words of a process are looked for, in bytes. */
const TAIL_BYTES = 16 * 1024

/** Sets a large log aside, drops the oldest. Call before a process is started, never while it writes. */
export function rotateLog(file: string): void {
  if (!existsSync(file) || statSync(file).size < ROTATE_AT_BYTES) return
  for (let number = KEPT - 1; number >= 1; number--) {
    if (existsSync(`${file}.${number}`)) renameSync(`${file}.${number}`, `${file}.${number + 1}`)
  }
  renameSync(file, `${file}.1`)
}

/**
 * What a process said before it ended: its last error or fatal line's message, or the last line that is no JSON (Node's own
 * complaint). Reads at most the last 16 KiB after `from`, the log's size when the process was started.
 */
export function lastWords(file: string, from: number): string | undefined {
  const lines = readTail(file, from)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(messageOf)
  return lines.findLast((line) => line.severe)?.text
}

function readTail(file: string, from: number): string {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const start = Math.max(from, size - TAIL_BYTES)
      const tail = Buffer.alloc(Math.max(0, size - start))
      readSync(descriptor, tail, 0, tail.length, start)
      return tail.toString('utf8')
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}

function messageOf(line: string): { severe: boolean; text: string } {
  const ERROR_LEVEL = 50
  try {
    const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message?: string } }
    const cause = err?.message === undefined || err.message === msg ? '' : `: ${err.message}`
    return { severe: level >= ERROR_LEVEL, text: `${msg}${cause}` }
  } catch {
    return { severe: /error/i.test(line), text: redactText(line.trim()) }
  }
}
