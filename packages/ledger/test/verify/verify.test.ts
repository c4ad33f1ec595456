import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Ledger, verifyLedger } from '@castellan/ledger'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { leafHash } from '../../src/merkle/hash.ts'
import {
  decodeEntryBundle,
  decodePayloadBundle,
  encodeEntryBundle,
  encodePayloadBundle,
} from '../../src/store/bundle.ts'
import { fill, intent, logOf, type Place, tempFolder, tempPlace } from '../support.ts'

async function copyOf(at: Place): Promise<Place> {
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  return { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
}

async function filesOf(dir: string): Promise<string[]> {
  const names = (await readdir(dir, { recursive: true })) as string[]
  const files: string[] = []
  for (const name of names.sort()) if ((await stat(join(dir, name))).isFile()) files.push(name)
  return files
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)))
}

/** Part of the log lies in full bundles, part in the journal. */
let log: Place
beforeAll(async () => {
  // Two segments' worth of payload, so that the oldest journal segment is gone.
  log = await tempPlace()
  const ledger = await Ledger.open(log)
  for (let i = 0; i < 5; i += 1) {
    await fill(ledger, 160)
    await ledger.append(intent(9000 + i), { args: 'z'.repeat(1_000_000) })
    await ledger.append({ type: 'refused', actor: { kind: 'agent', name: 'main' }, code: 'policy_denied' })
  }
  await ledger.close()
})

describe('a whole log', () => {
  test.each([0, 1, 255, 256, 257, 513])('of %i entries is found good', async (count) => {
    const verdict = await verifyLedger(await logOf(count))
    expect(verdict.findings).toEqual([])
    expect(verdict).toMatchObject({ ok: true, exitCode: 0, entries: count })
  })

  test('is not judged where the check was ended, however far it was', async () => {
    for (const after of [1, 300]) {
      const ending = new AbortController()
      const checking = verifyLedger({
        ...log,
        signal: ending.signal,
        onProgress: (entries) => {
          if (entries >= after) ending.abort(new Error('enough'))
        },
      })
      await expect(checking).rejects.toThrow('enough')
    }
    const unheard = new AbortController()
    unheard.abort(new Error('never mind'))
    await expect(verifyLedger({ ...log, signal: unheard.signal })).rejects.toThrow('never mind')
  })

  test('is found good while a writer appends', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    const writing = (async () => {
      for (let i = 0; i < 30; i += 1) await fill(ledger, 100)
    })()
    for (let i = 0; i < 10; i += 1) {
      const verdict = await verifyLedger(at)
      expect(verdict.findings).toEqual([])
    }
    await writing
    await ledger.close()
  })

  test('of so many entries that another thread reads them is found good, large payloads and all, and not when one is changed', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    for (let i = 0; i < 53; i += 1) {
      await fill(ledger, 510)
      for (let j = 0; j < 2; j += 1) await ledger.append(intent(j), { args: `${i}-${j}`.repeat(40_000) })
    }
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 27_136 })
    await edit(join(at.dir, 'payload/041'), (bytes) => {
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1
      return bytes
    })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 1, findings: [{ subject: 'payload', index: 10_751 }] })
  })

  test('is read only', async () => {
    const before = await filesOf(dirname(log.dir))
    await verifyLedger(log)
    expect(await filesOf(dirname(log.dir))).toEqual(before)
  })

  test('starts at a remembered checkpoint when asked to', async () => {
    const at = await copyOf(log)
    const since = await readFile(join(at.dir, 'checkpoint'), 'utf8')
    const ledger = await Ledger.open(at)
    await fill(ledger, 50)
    await ledger.close()
    const verdict = await verifyLedger({ ...at, since })
    expect(verdict).toMatchObject({ ok: true, entries: 860 })
    expect(verdict.from).toBeGreaterThan(0)
    const other = await readFile(join((await logOf(5)).dir, 'checkpoint'), 'utf8')
    expect(await verifyLedger({ ...at, since: other })).toMatchObject({ ok: false })
  })

  test('can be checked without its key folder, and says what that leaves open', async () => {
    const verdict = await verifyLedger({ dir: log.dir })
    expect(verdict.ok).toBe(true)
    expect(verdict.notes.join(' ')).toMatch(/high-water mark was not checked/)
  })
})

describe('one changed byte', () => {
  test('anywhere below the log folder is found', async () => {
    const at = await copyOf(log)
    const files = await filesOf(at.dir)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.nat(7),
        async (file, where, bit) => {
          const path = join(at.dir, file)
          const original = await readFile(path)
          const changed = Buffer.from(original)
          const position = Math.floor(where * original.length)
          changed[position] = (changed[position] as number) ^ (1 << bit)
          await writeFile(path, changed)
          const verdict = await verifyLedger(at)
          await writeFile(path, original)
          expect(verdict.ok, `${file} at ${position}`).toBe(false)
          expect(verdict.exitCode).toBe(1)
        },
      ),
      { numRuns: 60 },
    )
    expect((await verifyLedger(at)).ok).toBe(true)
  })

  test.each([
    ['an entry', 'tile/entries/001', 'entry'],
    ['a payload', 'payload/001', 'payload'],
    ['a hash', 'tile/0/001', 'tile'],
    ['the journal', 'journal', 'journal'],
    ['the checkpoint', 'checkpoint', 'checkpoint'],
  ])('in %s is named', async (_, file, subject) => {
    const at = await copyOf(log)
    const path = file === 'journal' ? join(file, (await readdir(join(at.dir, file))).sort()[0] as string) : file
    await edit(join(at.dir, path), (bytes) => {
      const changed = Buffer.from(bytes)
      const position = Math.min(200, bytes.length - 40)
      changed[position] = (changed[position] as number) ^ 1
      return changed
    })
    const [finding] = (await verifyLedger(at)).findings
    expect(finding?.message).toMatch(/not as written/)
    if (subject !== 'journal') expect(finding?.subject).toBe(subject)
    if (subject === 'entry' || subject === 'tile') expect(finding?.index).toBeGreaterThanOrEqual(256)
  })
})

test('a journal cut only in its unused room is found, and the next start makes it whole with nothing lost', async () => {
  const at = await copyOf(log)
  const names = (await readdir(join(at.dir, 'journal'))).sort()
  const file = join('journal', names.at(-1) as string)
  const path = join(at.dir, file)
  const { size } = await stat(path)
  await truncate(path, size - 1)
  const verdict = await verifyLedger(at)
  expect(verdict).toMatchObject({ ok: false, exitCode: 1, findings: [{ kind: 'altered', subject: 'journal', file }] })
  expect(verdict.findings[0]?.message).toContain('its end was cut off')
  await (await Ledger.open(at)).close()
  expect((await stat(path)).size).toBe(size)
  expect(await verifyLedger(at)).toMatchObject({ ok: true, entries: verdict.entries })
})

describe('tampering by hand', () => {
  const N = 0
  const withBundle = async (change: (leaves: Buffer[]) => Buffer[]): Promise<Place> => {
    const at = await copyOf(log)
    await edit(join(at.dir, 'tile/entries/000'), (bytes) => encodeEntryBundle(change(decodeEntryBundle(bytes, N, 256))))
    return at
  }
  const swap = <T>(items: T[], a: number, b: number): T[] =>
    items.map((item, i) => (i === a ? items[b] : i === b ? items[a] : item) as T)

  test.each([
    ['a deleted entry', (leaves: Buffer[]) => leaves.toSpliced(7, 1)],
    ['a duplicated entry', (leaves: Buffer[]) => leaves.toSpliced(7, 1, leaves[6] as Buffer)],
    ['two entries in another order', (leaves: Buffer[]) => swap(leaves, 7, 8)],
    ['an inserted entry', (leaves: Buffer[]) => leaves.toSpliced(7, 0, leaves[3] as Buffer)],
  ])('%s is found', async (_, change) => {
    const verdict = await verifyLedger(await withBundle(change))
    expect(verdict.exitCode).toBe(1)
  })

  test('an entry and its hash changed together are found at the next signed root', async () => {
    const at = await copyOf(log)
    const leaves = decodeEntryBundle(await readFile(join(at.dir, 'tile/entries/000')), 0, 256)
    const forged = Buffer.from((leaves[9] as Buffer).toString().replace('"main"', '"mann"'))
    leaves[9] = forged
    await writeFile(join(at.dir, 'tile/entries/000'), encodeEntryBundle(leaves))
    await edit(join(at.dir, 'tile/0/000'), (bytes) => {
      leafHash(forged).copy(bytes, 9 * 32)
      return bytes
    })
    const verdict = await verifyLedger(at)
    expect(verdict.exitCode).toBe(1)
    expect(verdict.findings[0]?.index).toBe(9)
  })

  test('swapped payloads are found', async () => {
    const at = await copyOf(log)
    await edit(join(at.dir, 'payload/000'), (bytes) =>
      encodePayloadBundle(swap(decodePayloadBundle(bytes, 0, 256), 4, 6)),
    )
    const { findings } = await verifyLedger(at)
    expect(findings.map(({ subject, index }) => [subject, index])).toEqual([
      ['payload', 4],
      ['payload', 6],
    ])
  })

  test('a payload that is gone without a word is found', async () => {
    const at = await copyOf(log)
    await edit(join(at.dir, 'payload/000'), (bytes) =>
      encodePayloadBundle(decodePayloadBundle(bytes, 0, 256).with(4, Buffer.alloc(0))),
    )
    expect(await verifyLedger(at)).toMatchObject({
      exitCode: 3,
      findings: [{ kind: 'missing', subject: 'payload', index: 4 }],
    })
  })

  test.each(['tile/entries/001', 'tile/0/001', 'payload/001', 'vkeys'])('a missing %s is found', async (file) => {
    const at = await copyOf(log)
    await rm(join(at.dir, file))
    expect(await verifyLedger(at)).toMatchObject({ ok: false, exitCode: 3 })
  })

  test('a bundle of another log is found', async () => {
    const other = await logOf(600)
    const at = await copyOf(log)
    for (const file of ['tile/entries/000', 'tile/0/000', 'payload/000'])
      await cp(join(other.dir, file), join(at.dir, file))
    expect((await verifyLedger(at)).exitCode).toBe(1)
  })

  test('a log signed by another key is found', async () => {
    const other = await logOf(30)
    const at = await logOf(30)
    await rm(at.dir, { recursive: true })
    await cp(other.dir, at.dir, { recursive: true })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 4, findings: [{ kind: 'foreign_key' }] })
  })
})

describe('what a bare hash chain cannot see', () => {
  test('a cut-off tail', async () => {
    const at = await logOf(40)
    const before = await copyOf(at)
    const ledger = await Ledger.open(at)
    await fill(ledger, 20)
    await ledger.close()
    // The journal of the shorter log under the published checkpoint of the longer one.
    await rm(join(at.dir, 'journal'), { recursive: true })
    await cp(join(before.dir, 'journal'), join(at.dir, 'journal'), { recursive: true })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 5, findings: [{ kind: 'truncated', index: 40 }] })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'truncated' } })
  })

  test('a restored snapshot', async () => {
    const at = await logOf(40)
    const snapshot = await copyOf(at)
    const ledger = await Ledger.open(at)
    await fill(ledger, 20)
    await ledger.close()
    await rm(at.dir, { recursive: true })
    await cp(snapshot.dir, at.dir, { recursive: true })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 6, findings: [{ kind: 'rolled_back', index: 40 }] })
  })

  test('a fork, written with the log\u2019s own key from a snapshot on', async () => {
    const at = await logOf(40)
    const fork = await copyOf(at)
    for (const place of [at, fork]) {
      const ledger = await Ledger.open(place)
      await fill(ledger, 20)
      await ledger.close()
    }
    await rm(at.dir, { recursive: true })
    await cp(fork.dir, at.dir, { recursive: true })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 7, findings: [{ kind: 'forked', index: 40 }] })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'forked' } })
  })

  test('a full rewrite with the log\u2019s own key', async () => {
    const at = await logOf(40)
    const forged = await tempPlace()
    await cp(at.keyDir, forged.keyDir, { recursive: true })
    await rm(join(forged.keyDir, 'high-water'))
    await rm(join(forged.keyDir, 'history'))
    await cp(join(at.dir, 'vkeys'), join(forged.dir, 'vkeys'))
    await logOf(60, forged)
    await rm(at.dir, { recursive: true })
    await cp(forged.dir, at.dir, { recursive: true })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 8, findings: [{ kind: 'rewritten' }] })
  })

  test('a replayed checkpoint over a coherent log is a fork', async () => {
    const at = await logOf(40)
    const other = await tempPlace()
    await cp(at.keyDir, other.keyDir, { recursive: true })
    await rm(join(other.keyDir, 'high-water'))
    await rm(join(other.keyDir, 'history'))
    await cp(join(at.dir, 'vkeys'), join(other.dir, 'vkeys'))
    await logOf(30, other)
    await cp(join(other.dir, 'checkpoint'), join(at.dir, 'checkpoint'))
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 7, findings: [{ kind: 'forked', subject: 'checkpoint' }] })
  })

  test('a missing high-water mark', async () => {
    const at = await logOf(40)
    await rm(join(at.keyDir, 'high-water'))
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 9 })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'mark_missing' } })
  })
})
