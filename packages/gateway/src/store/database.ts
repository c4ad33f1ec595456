/// <reference path="../../../ledger/src/search/better-sqlite3.d.ts" />

import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StoreFault } from './fault.ts'

/**
 * Opens a database that is encrypted as a whole (SQLCipher's format, AES-256 per page), its log too; `key` has 32 bytes. What is
 * committed is on disk, what is deleted is overwritten, and nothing is spilled into temporary files, which SQLite would not
 * encrypt. Throws `conversations_unreadable` for a file under another key, or a damaged one.
 */
export function openEncrypted(path: string, key: Uint8Array, schema: string): Database {
  // SQLite gives its log and its index of it the mode of the database, so that has to be right from the first.
  closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path)
  try {
    db.pragma("cipher = 'sqlcipher'")
    db.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`)
    db.pragma('temp_store = MEMORY')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    db.pragma('foreign_keys = ON')
    db.exec(schema)
  } catch (cause) {
    db.close()
    throw new StoreFault(
      'conversations_unreadable',
      `${path} cannot be opened: it is damaged, or was written under another key (${(cause as Error).message}). Put it back from ` +
        'a backup together with the gateway’s keys, or move it away to begin with an empty one.',
    )
  }
  chmodSync(path, 0o600)
  return db
}

/** Cuts off the log that runs ahead of the database: what was deleted is in there until then. */
export function dropLog(db: Database): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
}

/** Gives a table the columns that it does not have yet, each with its type and what stands there in rows from before. */
export function addColumns(db: Database, table: string, columns: Readonly<Record<string, string>>): void {
  const known = new Set((db.pragma(`table_info(${table})`) as { readonly name: string }[]).map(({ name }) => name))
  for (const [name, type] of Object.entries(columns)) {
    if (!known.has(name)) db.exec(`ALTER TABLE ${table} ADD COLUMN "${name}" ${type}`)
  }
}
