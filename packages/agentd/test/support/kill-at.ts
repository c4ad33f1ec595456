/**
 * Loaded before a program (`--import`): the program is killed, as by SIGKILL, the moment the journal of a switch has the
 * phase in CASTELLAN_KILL_AT on disk; once, because the mark CASTELLAN_KILL_MARK stays behind.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const { CASTELLAN_KILL_AT: phase, CASTELLAN_KILL_MARK: mark } = process.env
const rename = promises.rename
promises.rename = async (from, to) => {
  await rename(from, to)
  if (mark === undefined || !String(to).endsWith('/record.json') || existsSync(mark)) return
  if (JSON.parse(readFileSync(to, 'utf8')).phase !== phase) return
  writeFileSync(mark, '')
  process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()
