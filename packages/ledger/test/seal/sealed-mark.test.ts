import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FoundSeal, Ledger, type MarkSeal, repairLedger, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { fill, logOf, type Place, tempPlace } from '../support.ts'

/** A machine: what it seals, it alone opens. */
function machine(): { readonly seal: MarkSeal } {
  const key = randomBytes(32)
  const nonce = Buffer.alloc(12)
  return {
    seal: {
      name: 'a test',
      async seal(plain) {
        const cipher = createCipheriv('aes-256-gcm', key, nonce)
        return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      },
      async unseal(sealed) {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce)
        decipher.setAuthTag(sealed.subarray(-16))
        return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
      },
    },
  }
}

interface Sealed extends Place {
  readonly seal: FoundSeal
}

async function sealedLog(count: number): Promise<Sealed> {
  const at = { ...(await tempPlace()), seal: machine() }
  await logOf(count, at)
  return at
}

describe('a sealed high-water mark', () => {
  test('is there from the first start on, and follows the log', async () => {
    const at = { ...(await tempPlace()), seal: machine() }
    const ledger = await Ledger.open(at)
    expect(ledger.markKeeping).toEqual({ sealed: true, message: 'The high-water mark is sealed by a test.' })
    expect((await verifyLedger(at)).findings).toEqual([])
    await fill(ledger, 20)
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 20 })
    await logOf(10, at)
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 30 })
  })

  test('sees an older copy of log and mark put back together', async () => {
    const at = await sealedLog(20)
    const older = await tempPlace()
    await cp(at.dir, older.dir, { recursive: true })
    await cp(join(at.keyDir, 'high-water'), join(older.keyDir, 'high-water'))
    await logOf(10, at)
    await rm(at.dir, { recursive: true })
    await cp(older.dir, at.dir, { recursive: true })
    await cp(join(older.keyDir, 'high-water'), join(at.keyDir, 'high-water'))
    await rm(join(at.keyDir, 'history'))
    expect((await verifyLedger({ dir: at.dir, keyDir: at.keyDir })).exitCode).toBe(0)
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 6, findings: [{ kind: 'rolled_back', index: 20 }] })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'truncated' } })
    const { after } = await repairLedger({ ...at, actor: { kind: 'operator', name: 'root' }, reason: 'a test' })
    expect(after).toMatchObject({ findings: [], entries: 21 })
  })

  test('made on another machine, or by nobody, is damage until a repair says so', async () => {
    const at = await sealedLog(20)
    const elsewhere = { ...at, seal: machine() }
    expect(await verifyLedger(elsewhere)).toMatchObject({ exitCode: 9, findings: [{ kind: 'mark_missing' }] })
    await expect(Ledger.open(elsewhere)).rejects.toMatchObject({ code: 'ledger_damaged' })
    await writeFile(join(at.keyDir, 'high-water.sealed'), await readFile(join(at.keyDir, 'high-water')))
    expect((await verifyLedger(at)).exitCode).toBe(9)
    const { after } = await repairLedger({ ...at, actor: { kind: 'operator', name: 'root' }, reason: 'a new machine' })
    expect(after.findings).toEqual([])
  })

  test('that is gone where this machine seals is missed', async () => {
    const at = await sealedLog(20)
    await rm(join(at.keyDir, 'high-water.sealed'))
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 9, findings: [{ kind: 'mark_missing' }] })
  })

  test('keeps nobody from appending where sealing fails, and that is said', async () => {
    const { seal } = machine()
    const broken = { seal: { ...seal, seal: () => Promise.reject(new Error('the TPM is busy')) } }
    const at = { ...(await tempPlace()), seal: broken }
    const ledger = await Ledger.open(at)
    await fill(ledger, 4)
    expect(ledger.markKeeping).toMatchObject({ sealed: false, message: expect.stringContaining('the TPM is busy') })
    await ledger.close()
    expect((await verifyLedger({ dir: at.dir, keyDir: at.keyDir })).findings).toEqual([])
  })

  test('is not looked for without a seal, and that is noted', async () => {
    const at = await sealedLog(20)
    const seal: FoundSeal = { seal: null, why: 'systemd does not run this machine' }
    const verdict = await verifyLedger({ ...at, seal })
    expect(verdict.findings).toEqual([])
    expect(verdict.notes.join()).toContain('sealed high-water mark was not checked: systemd does not run this machine')
  })
})
