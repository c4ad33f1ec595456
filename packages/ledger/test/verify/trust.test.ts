import { randomBytes } from 'node:crypto'
import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exportLedger, Ledger, parsePolicy, repairLedger, verifyExport, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { signCheckpoint } from '../../src/note/checkpoint.ts'
import { makeSigner } from '../../src/note/keys.ts'
import { forge, ORIGIN } from '../forge.ts'
import { fill, logOf, type Place, tempFolder } from '../support.ts'

const actor = { kind: 'operator', name: 'root' } as const

async function vkeyOf(at: Place): Promise<string> {
  return (await verifyLedger({ dir: at.dir })).vkey
}

async function copyOf(at: Place): Promise<Place> {
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  return { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
}

describe('a key that no rotation introduced', () => {
  test('forges nothing, though the vkeys file lists it', async () => {
    const at = await logOf(30)
    const vkey = await vkeyOf(at)
    const attacker = makeSigner(ORIGIN, randomBytes(32))
    await appendFile(join(at.dir, 'vkeys'), `${attacker.verifier.vkey}\n`)
    await forge(at, attacker, 10)
    expect(await verifyLedger(at)).toMatchObject({ ok: false, exitCode: 4, entries: 30 })
    expect(await verifyLedger({ dir: at.dir, vkey })).toMatchObject({ ok: false, exitCode: 4, entries: 30 })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'foreign_key' } })
    // A repair goes back to what the log's own key has signed.
    expect((await repairLedger({ ...at, actor, reason: 'forged' })).after).toMatchObject({ findings: [], entries: 31 })
  })

  test('is found in the vkeys file before it has signed anything', async () => {
    const at = await logOf(30)
    await appendFile(join(at.dir, 'vkeys'), `${makeSigner(ORIGIN, randomBytes(32)).verifier.vkey}\n`)
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 4, findings: [{ kind: 'foreign_key', file: 'vkeys' }] })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'foreign_key' } })
  })

  test.each(['before', 'after'])('makes no log of its own under a trusted key listed %s it', async (where) => {
    const at = await logOf(30)
    const trusted = await vkeyOf(at)
    const other = await logOf(40)
    const own = await vkeyOf(other)
    await writeFile(join(other.dir, 'vkeys'), `${(where === 'before' ? [trusted, own] : [own, trusted]).join('\n')}\n`)
    expect(await verifyLedger({ dir: other.dir, vkey: trusted })).toMatchObject({ ok: false, exitCode: 4 })
    expect((await verifyLedger({ dir: other.dir, keyDir: at.keyDir })).ok).toBe(false)
    await expect(Ledger.open({ dir: other.dir, keyDir: at.keyDir })).rejects.toMatchObject({ code: 'ledger_damaged' })
    const lines = exportLedger(other.dir)
    expect(await verifyExport(lines, { vkey: trusted })).toMatchObject({ ok: false })
  })

  test('cannot sign the checkpoint file either', async () => {
    const at = await logOf(30)
    const attacker = makeSigner(ORIGIN, randomBytes(32))
    const { root } = await verifyLedger(at)
    await appendFile(join(at.dir, 'vkeys'), `${attacker.verifier.vkey}\n`)
    const head = { origin: ORIGIN, size: 30, root: Buffer.from(root, 'hex') }
    await writeFile(join(at.dir, 'checkpoint'), signCheckpoint(head, attacker))
    const { findings } = await verifyLedger({ dir: at.dir, vkey: await vkeyOf(await copyOf(at)) })
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'foreign_key', file: 'checkpoint' }))
  })

  test('does not spoil a log whose rotated keys are in order', async () => {
    const at = await logOf(300)
    const first = await vkeyOf(at)
    const ledger = await Ledger.open(at)
    await ledger.rotateKey({ actor })
    await fill(ledger, 300)
    await ledger.rotateKey({ actor })
    await ledger.close()
    for (const trust of [{ keyDir: at.keyDir }, { vkey: first }, { vkey: await vkeyOf(at) }])
      expect((await verifyLedger({ dir: at.dir, ...trust })).findings).toEqual([])
    expect((await verifyExport(exportLedger(at.dir), { vkey: first })).findings).toEqual([])
  })
})

describe('the key of a log', () => {
  test('has to be one that the witness policy names, or lead on from it', async () => {
    const at = await logOf(30)
    const first = await vkeyOf(at)
    const other = await vkeyOf(await logOf(3))
    const witnessed = (vkey: string) => ({ ...at, witnesses: { policy: parsePolicy(`log ${vkey}\nquorum none\n`) } })
    expect(await verifyLedger(witnessed(other))).toMatchObject({ exitCode: 4, findings: [{ kind: 'foreign_key' }] })
    expect((await verifyLedger(witnessed(first))).findings).toEqual([])
    const ledger = await Ledger.open(at)
    await ledger.rotateKey({ actor })
    await ledger.close()
    expect((await verifyLedger(witnessed(first))).findings).toEqual([])
    expect((await verifyLedger({ ...at, witnesses: { policy: parsePolicy('quorum none\n') } })).findings).toEqual([])
  })
})

describe('an older checkpoint file', () => {
  test('put back over a longer log is found, until the log publishes again', async () => {
    const at = await logOf(600)
    const old = await readFile(join(at.dir, 'checkpoint'))
    await logOf(700, at)
    await writeFile(join(at.dir, 'checkpoint'), old)
    expect((await verifyLedger(at)).findings).toContainEqual(
      expect.objectContaining({ kind: 'rolled_back', file: 'checkpoint', index: 600 }),
    )
    await logOf(2, at)
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('is none after a crash, nor while a writer runs', async () => {
    const at = await logOf(600)
    const ledger = await Ledger.open(at)
    await fill(ledger, 50)
    expect((await verifyLedger(at)).findings).toEqual([])
    const crashed = await copyOf(at)
    await rm(join(crashed.dir, 'lock'), { force: true })
    expect((await verifyLedger(crashed)).findings).toEqual([])
    const again = await Ledger.open(crashed)
    expect((await verifyLedger(crashed)).findings).toEqual([])
    await again.close()
    await ledger.close()
  })
})
