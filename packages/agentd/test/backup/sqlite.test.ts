import { copyFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openDesk } from '../support/backups.ts'

const quiet = () => undefined

/** Moves money between two accounts as fast as it can: their sum is always 1000. */
const writer = `
const { parentPort, workerData } = require('node:worker_threads')
const Database = require('better-sqlite3')
const db = new Database(workerData)
const move = db.transaction((n) => {
  db.prepare('UPDATE account SET amount = amount - ? WHERE id = 1').run(n)
  db.prepare('UPDATE account SET amount = amount + ? WHERE id = 2').run(n)
  db.prepare('INSERT INTO moves (note) VALUES (?)').run('x'.repeat(2000))
})
let rounds = 0
const round = () => { for (let i = 0; i < 20; i++) move(1); rounds += 20; parentPort.postMessage(rounds); setImmediate(round) }
round()
`

it.each(['wal', 'delete'])(
  'a database in %s mode is one consistent state, although it is written all the time',
  async (mode) => {
    await using desk = await openDesk()
    const path = desk.at('bank.db')
    const db = new Database(path)
    db.pragma(`journal_mode = ${mode}`)
    db.exec('CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER); CREATE TABLE moves (note TEXT)')
    db.exec('INSERT INTO account VALUES (1, 500), (2, 500)')
    const worker = new Worker(writer, { eval: true, workerData: path })
    await new Promise((resolve) => worker.once('message', resolve))
    try {
      const { manifest, left } = await desk.create()
      expect(manifest).toMatchObject({ databases: 1, checked: 'restored' })
      expect(left.filter(({ why }) => !why.includes('its database'))).toEqual([])
      desk.unlock(manifest.id, 'restore')
      await desk.backups.restore(desk.files, manifest.id, { to: 'back' }, undefined, quiet, desk.signal)
    } finally {
      await worker.terminate()
    }
    const folder = join(desk.at('back'), desk.workspace)
    expect(await readdir(folder)).toEqual(['bank.db'])
    const copy = new Database(join(folder, 'bank.db'))
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(copy.prepare('SELECT sum(amount) AS sum FROM account').get()).toEqual({ sum: 1000 })
    copy.close()
    db.close()
  },
)

it('put back in place, a database does not meet the log of the one that was there', async () => {
  await using desk = await openDesk()
  const path = desk.at('app.db')
  const db = new Database(path)
  db.pragma('journal_mode = wal')
  db.exec("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('then')")
  const { manifest } = await desk.create()
  db.exec("UPDATE t SET v = 'now'")
  // As a power cut leaves it: the change is in the log alone.
  for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, join(desk.folder, `kept${suffix}`))
  db.close()
  for (const suffix of ['', '-wal']) copyFileSync(join(desk.folder, `kept${suffix}`), `${path}${suffix}`)
  desk.unlock(manifest.id, 'restore')
  await desk.backups.restore(desk.files, manifest.id, { inPlace: true }, undefined, quiet, desk.signal)
  const back = new Database(path)
  expect(back.prepare('SELECT v FROM t').get()).toEqual({ v: 'then' })
  back.close()
})

it('what only begins like a database is left out with the reason, and a file that ends like a log is kept', async () => {
  await using desk = await openDesk()
  await writeFile(desk.at('broken.db'), `SQLite format 3\0${'garbage'.repeat(1000)}`)
  await writeFile(desk.at('notes-wal'), 'mine')
  const { manifest, left } = await desk.create()
  expect(left).toEqual([{ path: desk.at('broken.db'), why: expect.stringContaining('SQLite could not copy it') }])
  expect(manifest.entries).toBe(2)
  await rm(desk.at('broken.db'))
})
