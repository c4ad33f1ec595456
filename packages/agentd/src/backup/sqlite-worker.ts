import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/**
 * Works on one database in a thread of its own, because SQLite does not wait for anybody. `copy`: opens it for reading,
 * says so, and once told to go on copies all of it in one transaction through SQLite's backup API. `check`: answers what
 * PRAGMA integrity_check says.
 */
const { task, path, copy } = workerData as { task: 'copy' | 'check'; path: string; copy: string }
/** Time that a writer may hold the database, in milliseconds. */
const BUSY_MS = 20_000
const ALL_PAGES = 0x7fffffff

const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS })
if (task === 'check') {
  const answer = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string }
  parentPort?.postMessage({ integrity: answer.integrity_check })
  db.close()
} else {
  // Reads the schema's cookie, so that the file is really open.
  db.prepare('PRAGMA schema_version').get()
  parentPort?.postMessage({ opened: true })
  parentPort?.once('message', async () => {
    await db.backup(copy, { progress: () => ALL_PAGES })
    db.close()
    parentPort?.postMessage({ copied: true })
    parentPort?.close()
  })
}
