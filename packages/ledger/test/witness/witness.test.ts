import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, rm } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { dirname, join } from 'node:path'
import {
  checkProof,
  createWitnessServer,
  type Fetch,
  Ledger,
  LogWitness,
  parsePolicy,
  SeenLogs,
  verifyLedger,
  type WitnessPolicy,
} from '@castellan/ledger'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/merkle/hash.ts'
import { makeSigner } from '../../src/note/keys.ts'
import { type NoteSignature, parseSignatureLine, signNote } from '../../src/note/note.ts'
import { checkCosignature } from '../../src/witness/cosignature.ts'
import { parseAddCheckpoint } from '../../src/witness/request.ts'
import { fill, logOf, type Place, tempFolder } from '../support.ts'

const request: Fetch = (url, init) => fetch(url, init)
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** `count` witnesses on loopback that know the log, and a policy that asks for `quorum` of them. */
async function witnesses(at: Place, count: number, quorum: number): Promise<WitnessPolicy> {
  const ledger = await Ledger.open(at)
  const { vkey } = ledger.head()
  await ledger.close()
  const lines = [`log ${vkey}`]
  for (let i = 0; i < count; i += 1) {
    const witness = await LogWitness.open({
      dir: join(await tempFolder(), 'witness'),
      name: `witness.example/w${i}`,
      logs: [vkey],
    })
    const server = createWitnessServer(witness).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    )
    lines.push(`witness w${i} ${witness.verifier.vkey} http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
  lines.push(
    `group all-of-them ${quorum} ${Array.from({ length: count }, (_, i) => `w${i}`).join(' ')}`,
    'quorum all-of-them',
  )
  return parsePolicy(`${lines.join('\n')}\n`)
}

interface Watched {
  readonly policy: WitnessPolicy
  readonly fetch: Fetch
  readonly witness: LogWitness
  readonly dir: string
}

/** One witness of an open log, asked without a network. */
async function witnessOf(ledger: Ledger): Promise<Watched> {
  const dir = join(await tempFolder(), 'w')
  const witness = await LogWitness.open({ dir, name: 'witness.example/w', logs: [ledger.head().vkey] })
  const fetch: Fetch = async (_, { body }) => {
    const answer = await witness.addCheckpoint(body)
    return new Response(answer.body, { status: answer.status })
  }
  return { policy: parsePolicy(`witness w ${witness.verifier.vkey} http://w.example\nquorum w\n`), fetch, witness, dir }
}

/** The status that a request line gets which no client would send. */
async function statusOf(port: number, line: string): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`${line}\r\nHost: w.example\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return Number(answer.split(' ')[1])
}

describe('witnesses', () => {
  test('cosign a growing log, and the proof carries it', async () => {
    const at = await logOf(20)
    const policy = await witnesses(at, 2, 2)
    const ledger = await Ledger.open(at)
    for (let round = 0; round < 3; round += 1) {
      await fill(ledger, 300)
      expect(await ledger.cosign(policy, request)).toMatchObject({ met: true, size: 320 + round * 300 })
    }
    const checked = checkProof(await ledger.proof(7), [ledger.head().vkey], policy)
    expect(checked.witnesses).toEqual(['w0', 'w1'])
    await ledger.close()
    expect(await verifyLedger({ ...at, witnesses: { policy, fetch: request } })).toMatchObject({ findings: [] })
  })

  test('that are missing are told apart from those that refuse', async () => {
    const at = await logOf(20)
    const policy = await witnesses(at, 2, 1)
    const ledger = await Ledger.open(at)
    const report = await ledger.cosign(policy, (url, init) =>
      url.includes(policy.witnesses[0]?.url as string) ? Promise.reject(new Error('no route')) : fetch(url, init),
    )
    expect(report.met).toBe(true)
    expect(report.outcomes.map(({ outcome }) => outcome.kind)).toEqual(['unavailable', 'cosigned'])
    await ledger.close()
  })

  test('see a snapshot that was restored together with its own high-water mark', async () => {
    const at = await logOf(20)
    const policy = await witnesses(at, 1, 1)
    const snapshot = await tempFolder()
    await cp(dirname(at.dir), snapshot, { recursive: true })
    const ledger = await Ledger.open(at)
    await fill(ledger, 30)
    await ledger.cosign(policy, request)
    await ledger.close()
    await rm(dirname(at.dir), { recursive: true })
    await cp(snapshot, dirname(at.dir), { recursive: true })
    expect((await verifyLedger(at)).ok).toBe(true)
    expect(await verifyLedger({ ...at, witnesses: { policy, fetch: request } })).toMatchObject({ exitCode: 6 })
    const restored = await Ledger.open(at)
    expect((await restored.cosign(policy, request)).outcomes[0]?.outcome).toEqual({ kind: 'ahead', size: 50 })
    // Grown beyond what the witness saw, it is a fork.
    await fill(restored, 40)
    expect((await restored.cosign(policy, request)).outcomes[0]?.outcome.kind).toBe('inconsistent')
    await restored.close()
    expect(await verifyLedger({ ...at, witnesses: { policy, fetch: request } })).toMatchObject({ exitCode: 7 })
  })

  test('that say nothing do not vouch: neither kept cosignatures nor answers meet the quorum', async () => {
    const at = await logOf(20)
    const policy = await witnesses(at, 2, 2)
    const verify = (fetch?: Fetch) =>
      verifyLedger({
        ...at,
        witnesses: { policy, ...(fetch === undefined ? {} : { fetch }) },
      })
    const silent: Fetch = () => Promise.reject(new Error('no route'))
    const refusing =
      (status: number): Fetch =>
      () =>
        Promise.resolve(new Response('no\n', { status }))
    const half: Fetch = (url, init) =>
      url.includes(policy.witnesses[0]?.url as string) ? silent(url, init) : fetch(url, init)
    for (const fetch of [silent, refusing(404), refusing(403), half, undefined]) {
      const verdict = await verify(fetch)
      expect(verdict).toMatchObject({
        ok: false,
        exitCode: 12,
        findings: [{ kind: 'witness' }],
      })
    }
    // What they answer now is enough, and so is what was kept of what they answered before.
    expect(await verify(request)).toMatchObject({ findings: [], exitCode: 0 })
    const ledger = await Ledger.open(at)
    expect((await ledger.cosign(policy, request)).met).toBe(true)
    await ledger.close()
    expect(await verify(silent)).toMatchObject({ findings: [], exitCode: 0 })
    await rm(join(at.keyDir, 'cosigned'))
    expect(await verify(silent)).toMatchObject({ ok: false, exitCode: 12 })
  })

  test('need not be there for a quorum of none', async () => {
    const at = await logOf(20)
    const policy = parsePolicy('quorum none\n')
    expect(await verifyLedger({ ...at, witnesses: { policy, fetch: request } })).toMatchObject({ findings: [] })
  })

  test('cosign a log without entries; one that was never published is not unreadable', async () => {
    const at = await logOf(0)
    const policy = await witnesses(at, 1, 1)
    const check = { ...at, witnesses: { policy, fetch: request } }
    expect(await verifyLedger(check)).toMatchObject({
      findings: [],
      entries: 0,
    })
    await rm(join(at.dir, 'checkpoint'))
    expect(await verifyLedger(check)).toMatchObject({
      exitCode: 12,
      findings: [{ kind: 'witness' }],
    })
  })

  test('that have seen more than was published yet are no alarm: not right after, not after a crash', async () => {
    const at = await logOf(1030)
    const ledger = await Ledger.open(at)
    const { fetch, policy } = await witnessOf(ledger)
    await fill(ledger, 600)
    await ledger.cosign(policy, fetch)
    await fill(ledger, 4)
    expect(await verifyLedger({ ...at, witnesses: { policy, fetch } })).toMatchObject({ findings: [], entries: 1634 })
    // Asked for a head that only the journal has: what the witness saw is ahead of all published files.
    const folder = await tempFolder()
    await cp(dirname(at.dir), folder, { recursive: true })
    const crashed = { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
    expect(await verifyLedger({ ...crashed, witnesses: { policy, fetch } })).toMatchObject({ findings: [] })
    await ledger.close()
  })

  test('that hear of a rotated key only with their own list say so', async () => {
    const at = await logOf(20)
    const ledger = await Ledger.open(at)
    const { fetch, policy } = await witnessOf(ledger)
    await ledger.cosign(policy, fetch)
    await ledger.rotateKey({ actor: { kind: 'operator', name: 'root' } })
    await fill(ledger, 2)
    const { met, outcomes } = await ledger.cosign(policy, fetch)
    expect(met).toBe(false)
    expect(outcomes[0]?.outcome).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('--log') })
    await ledger.close()
  })

  test('show what they saw last to whoever watches them, and forget it when told to', async () => {
    const at = await logOf(20)
    const ledger = await Ledger.open(at)
    const { fetch, policy, witness, dir } = await witnessOf(ledger)
    const server = createWitnessServer(witness)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const base = `http://127.0.0.1:${port}`
    const url = `${base}/${sha256(ledger.origin).toString('hex')}/checkpoint`
    expect((await globalThis.fetch(url)).status).toBe(404)
    const { checkpoint } = await ledger.cosign(policy, fetch)
    expect(await (await globalThis.fetch(url)).text()).toBe(checkpoint)
    expect((await globalThis.fetch(url, { method: 'POST' })).status).toBe(405)
    expect((await globalThis.fetch(`${base}/${'0'.repeat(64)}/checkpoint`)).status).toBe(404)
    expect(await statusOf(port, 'GET // HTTP/1.1')).toBe(404)
    expect(await new SeenLogs(dir).forget(ledger.origin, 1)).toMatchObject({ size: 20 })
    expect(await new SeenLogs(dir).forget(ledger.origin, 2)).toBeNull()
    expect((await globalThis.fetch(url)).status).toBe(404)
    expect((await ledger.cosign(policy, fetch)).met).toBe(true)
    server.close()
    server.closeAllConnections()
    await ledger.close()
  })

  test('cosign a checkpoint with extension lines, all of them', async () => {
    const signer = makeSigner('other.example/log', randomBytes(32))
    const witness = await LogWitness.open({
      dir: join(await tempFolder(), 'w'),
      name: 'witness.example/w',
      logs: [signer.verifier.vkey],
    })
    const text = `other.example/log\n0\n${sha256('').toString('base64')}\nextra 1\nextra 2\n`
    const { status, body } = await witness.addCheckpoint(`old 0\n\n${signNote(text, signer)}`)
    expect(status).toBe(200)
    const line = parseSignatureLine(body.trimEnd()) as NoteSignature
    expect(checkCosignature(text, line, witness.verifier)).not.toBeNull()
    const bad = signNote(`other.example/log\n0\n${sha256('').toString('base64')}\n\nextra\n`, signer)
    expect((await witness.addCheckpoint(`old 0\n\n${bad}`)).status).toBe(400)
  })

  test('answer each kind of bad request with the status the specification names', async () => {
    const at = await logOf(20)
    const ledger = await Ledger.open(at)
    const { vkey, checkpoint } = ledger.head()
    await fill(ledger, 5)
    const witness = await LogWitness.open({
      dir: join(await tempFolder(), 'w'),
      name: 'witness.example/w',
      logs: [vkey],
    })
    const ask = async (body: string) => (await witness.addCheckpoint(body)).status
    expect(await ask('nonsense')).toBe(400)
    expect(await ask(`old 21\n\n${checkpoint}`)).toBe(400)
    expect(await ask(`old 0\n\n${checkpoint.replaceAll('test.example/ledger', 'other.example')}`)).toBe(404)
    expect(await ask(`old 0\n\n${checkpoint.replace('\n20\n', '\n21\n')}`)).toBe(403)
    expect(await ask(`old 0\n${Buffer.alloc(32).toString('base64')}\n\n${checkpoint}`)).toBe(422)
    expect(await ask(`old 0\n\n${checkpoint}`)).toBe(200)
    expect(await witness.addCheckpoint(`old 0\n\n${checkpoint}`)).toEqual({
      status: 409,
      contentType: 'text/x.tlog.size',
      body: '20\n',
    })
    expect(await ask(`old 20\n\n${checkpoint}`)).toBe(200)
    expect(await ask(`old 20\n${Buffer.alloc(32).toString('base64')}\n\n${ledger.head().checkpoint}`)).toBe(422)
    await ledger.close()
  })

  test('two requests at once cannot make it step back', async () => {
    const at = await logOf(20)
    const ledger = await Ledger.open(at)
    const { vkey, checkpoint } = ledger.head()
    await fill(ledger, 5)
    const newer = ledger.head().checkpoint
    const witness = await LogWitness.open({
      dir: join(await tempFolder(), 'w'),
      name: 'witness.example/w',
      logs: [vkey],
    })
    const answers = await Promise.all([
      witness.addCheckpoint(`old 0\n\n${newer}`),
      witness.addCheckpoint(`old 0\n\n${checkpoint}`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 409])
    await ledger.close()
  })

  test('parsing arbitrary requests only ever refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseAddCheckpoint(`old x\n${text}`)).toThrow(/Not an add-checkpoint/)
      }),
    )
  })
})

describe('a witness policy', () => {
  const key = (i: number) => `witness.example/${i}`
  const policyOf = async (lines: (vkeys: string[]) => string[]) => {
    const keys: string[] = []
    for (let i = 0; i < 3; i += 1) {
      keys.push((await LogWitness.open({ dir: join(await tempFolder(), 'w'), name: key(i), logs: [] })).verifier.vkey)
    }
    return parsePolicy(lines(keys).join('\n'))
  }

  test('counts groups within groups', async () => {
    const policy = await policyOf((k) => [
      '# two of three, one of them always',
      `witness a ${k[0]}`,
      ` witness b\t${k[1]} https://b.example/`,
      `witness c ${k[2]}`,
      'group others any b c',
      'group both all a others',
      'quorum both',
    ])
    expect([['a'], ['b', 'c'], ['a', 'c'], ['a', 'b', 'c']].map((names) => policy.met(names))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  test.each([
    ['no quorum', (k: string[]) => [`witness a ${k[0]}`]],
    ['two quorums', () => ['quorum none', 'quorum none']],
    ['an unknown name', () => ['quorum a']],
    ['a key twice', (k: string[]) => [`witness a ${k[0]}`, `witness b ${k[0]}`, 'quorum a']],
    ['a member twice', (k: string[]) => [`witness a ${k[0]}`, 'group g any a', 'group h any a', 'quorum g']],
    ['too high a threshold', (k: string[]) => [`witness a ${k[0]}`, 'group g 2 a', 'quorum g']],
    [
      'a log key as witness',
      () => ['witness a example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 'quorum a'],
    ],
    ['an unknown keyword', () => ['whatever', 'quorum none']],
  ])('with %s is refused', async (_, lines) => {
    await expect(policyOf(lines)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
