import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { TestLedger } from './support/ledger.ts'
import { airlockProcess } from './support/process.ts'

/** `CASTELLAN_KILLS=200` looks longer. */
const KILLS = Number(process.env.CASTELLAN_KILLS ?? 6)

test('an entry that was answered is there after kill -9, one that was not is there whole or not at all', {
  timeout: 120_000 + KILLS * 20_000,
}, async () => {
  const folder = temporaryFolder()
  const ledger = await TestLedger.start(join(folder, 'sockets', 'record.sock'))
  const answered: string[] = []
  const asked = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    // A list has at most 1,024 entries: a long run begins anew now and then.
    if (answered.length > 500) {
      rmSync(join(folder, 'airlock', 'destinations.json'))
      answered.length = 0
    }
    const lock = await airlockProcess(folder)
    const listing = await lock.listing()
    expect(listing.damage).toBeUndefined()
    const hosts = listing.destinations.map(({ host }) => host)
    expect(answered.filter((host) => !hosts.includes(host))).toEqual([])
    expect(hosts.filter((host) => !asked.has(host))).toEqual([])

    let running = true
    const writing = (async () => {
      for (let each = 0; running; each++) {
        const host = `h${each}.k${kill}.test`
        asked.add(host)
        const done = await lock.allow({ host }).then(
          () => true,
          () => false,
        )
        if (!done) return
        answered.push(host)
      }
    })()
    const before = answered.length
    await until('an entry was answered', () => answered.length > before)
    await sleep(17 * (kill % 7))
    await lock.end('SIGKILL')
    running = false
    await writing
  }
  // Nothing that counts was missing on record.
  const recorded = new Set(ledger.of('egress_allowed').map(({ host }) => host))
  expect(answered.filter((host) => !recorded.has(host))).toEqual([])
})

test('SIGTERM ends it in order; what its configuration allows is listed', async () => {
  const folder = temporaryFolder()
  await TestLedger.start(join(folder, 'sockets', 'record.sock'))
  const lock = await airlockProcess(folder, {
    CASTELLAN_ALLOW: JSON.stringify([{ host: 'api.test', path: '/v1', methods: ['GET'] }]),
  })
  expect((await lock.listing()).destinations).toMatchObject([
    { host: 'api.test', path: '/v1', methods: ['GET'], port: 443, from: 'configuration' },
  ])
  expect(await lock.end('SIGTERM')).toBe(0)
  expect(readFileSync(join(folder, 'airlock.log'), 'utf8')).toContain('stopped')
})
