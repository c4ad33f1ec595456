import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkProof, Ledger, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { makeSigner } from '../src/note/keys.ts'
import { prepareNextKey, readVerifiers, writeVerifiers } from '../src/store/keys.ts'
import { forge, ORIGIN } from './forge.ts'
import { fill, logOf } from './support.ts'

const actor = { kind: 'operator', name: 'root' } as const

describe('rotating the signing key', () => {
  test('goes on with a new key that the old one introduced', async () => {
    const at = await logOf(30)
    const ledger = await Ledger.open(at)
    const { vkey } = ledger.head()
    const others = Array.from({ length: 40 }, () => ledger.append({ type: 'refused', actor, code: 'busy' }))
    await Promise.all([...others, ledger.rotateKey({ actor }), ledger.rotateKey({ actor })])
    await fill(ledger, 40)
    expect(ledger.head().vkey).not.toBe(vkey)
    const proof = await ledger.proof(5)
    expect(() => checkProof(proof, [vkey])).toThrow()
    expect(checkProof(proof, [ledger.head().vkey]).entry.index).toBe(5)
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 112 })
    expect(await verifyLedger({ dir: at.dir, vkey })).toMatchObject({ findings: [] })
    const again = await Ledger.open(at)
    expect((await again.query({ type: 'key_rotated' })).entries).toHaveLength(2)
    await again.close()
  })

  test('that a crash interrupted before its entry leaves the old key', async () => {
    const at = await logOf(30)
    const verifiers = (await readVerifiers(at.dir)) ?? []
    const next = await prepareNextKey(at.keyDir, 'test.example/ledger')
    await writeVerifiers(at.dir, [...verifiers, next.verifier])
    expect((await verifyLedger(at)).findings).toEqual([])
    const ledger = await Ledger.open(at)
    expect(ledger.head().vkey).toBe(verifiers[0]?.vkey)
    await fill(ledger, 5)
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [] })
    expect(await readVerifiers(at.dir)).toHaveLength(1)
  })

  test('that a crash interrupted after its entry is finished', async () => {
    const at = await logOf(30)
    const old = await readFile(join(at.keyDir, 'signing.key'))
    const ledger = await Ledger.open(at)
    await ledger.rotateKey({ actor })
    const { vkey } = ledger.head()
    await ledger.close()
    await cp(join(at.keyDir, 'signing.key'), join(at.keyDir, 'signing.key.next'))
    await writeFile(join(at.keyDir, 'signing.key'), old)
    const again = await Ledger.open(at)
    expect(again.head().vkey).toBe(vkey)
    await fill(again, 5)
    await again.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [] })
  })

  test('makes the old key worthless: what it signs afterwards is found', async () => {
    const at = await logOf(30)
    const old = await readFile(join(at.keyDir, 'signing.key'))
    const ledger = await Ledger.open(at)
    await ledger.rotateKey({ actor })
    await ledger.close()
    await forge(at, makeSigner(ORIGIN, Buffer.from(old.toString(), 'base64')), 5)
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'foreign_key' } })
    const verdict = await verifyLedger(at)
    expect(verdict).toMatchObject({ ok: false, exitCode: 1 })
    expect(verdict.findings[0]?.message).toMatch(/not as written at entry/)
  })
})
