import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { BehaviourLimits, SourcePolicy, StageVerdict } from '../../src/index.ts'
import type { StageFile, StageJob } from '../../src/stages/job.ts'
import { runStage } from '../../src/stages/run.ts'
import { ggufFile, text, uint32, usualEntries } from '../support/gguf.ts'
import { safetensorsFile, usualData, usualHeader } from '../support/safetensors.ts'

function candidate(files: Readonly<Record<string, string | Uint8Array>>): { folder: string; files: StageFile[] } {
  const folder = temporaryFolder()
  const listed = Object.entries(files).map(([name, content]) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
    const bytes = Buffer.from(content as never)
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
  return { folder, files: listed }
}

/** Every verdict has to pass the schema that agentd holds it against. */
async function run(job: StageJob) {
  return StageVerdict.parse(await runStage(job, () => undefined))
}

const model = { 'model.gguf': ggufFile() }

describe('the stage format', () => {
  it('says what a model says of itself, printable and cut', async () => {
    const entries = usualEntries.map((entry) =>
      entry[0] === 'general.name' ? (['general.name', text(`\u001b[31mred\u202e${'x'.repeat(500)}`)] as const) : entry,
    )
    const verdict = await run({ stage: 'format', ...candidate({ 'model.gguf': ggufFile({ entries }) }) })
    expect(verdict).toMatchObject({
      result: 'passed',
      evidence: { architecture: 'llama', contextTokens: 512, parameters: 64 },
    })
    expect(verdict.evidence.name).toMatch(/^\[31mred x+$/)
    expect(String(verdict.evidence.name).length).toBeLessThanOrEqual(200)
  })

  it('refuses what llama.cpp could not use, or would end its process over', async () => {
    const without = (key: string) => ggufFile({ entries: usualEntries.filter(([name]) => name !== key) })
    const split = ggufFile({ entries: [...usualEntries, ['split.count', uint32(3)]] })
    for (const bytes of [
      without('tokenizer.ggml.tokens'),
      without('llama.attention.head_count'),
      ggufFile({ tensors: [], data: Buffer.alloc(0) }),
      split,
    ]) {
      expect(await run({ stage: 'format', ...candidate({ 'model.gguf': bytes }) })).toMatchObject({ result: 'refused' })
    }
  })

  it('looks at every weights file of a folder', async () => {
    const good = safetensorsFile(usualHeader, usualData)
    const files = { 'a.safetensors': good, 'unet/b.safetensors': good, 'config.json': '{}' }
    expect(await run({ stage: 'format', ...candidate(files) })).toMatchObject({
      result: 'passed',
      evidence: { tensors: 4 },
    })
    const bad = { ...files, 'unet/c.safetensors': good.subarray(0, 20) }
    expect(await run({ stage: 'format', ...candidate(bad) })).toMatchObject({
      result: 'refused',
      summary: expect.stringContaining('unet/c'),
    })
    expect(await run({ stage: 'format', ...candidate({ 'a.json': '{}', 'b.json': '{}' }) })).toMatchObject({
      result: 'refused',
    })
  })
})

describe('the stage scan', () => {
  it('reads every chat template that a runtime might pick', async () => {
    for (const key of ['tokenizer.chat_template', 'tokenizer.chat_template.tool_use']) {
      const entries = [...usualEntries, [key, text('{{ messages.__class__ }}')] as const]
      const verdict = await run({ stage: 'scan', ...candidate({ 'model.gguf': ggufFile({ entries }) }) })
      expect(verdict).toMatchObject({ result: 'refused', findings: [{ code: 'template' }] })
    }
    const number = [...usualEntries, ['tokenizer.chat_template', uint32(1)] as const]
    expect(await run({ stage: 'scan', ...candidate({ 'model.gguf': ggufFile({ entries: number }) }) })).toMatchObject({
      result: 'refused',
    })
  })

  it('keeps its verdict small, however much there is to say', async () => {
    const tensors = Array.from({ length: 2000 }, (_, index) => ({
      name: `${'t'.repeat(50)}.${index}`,
      dimensions: [8],
      type: 0,
      offset: index * 32,
    }))
    const data = Buffer.alloc(2000 * 32, 0xff)
    const verdict = await run({ stage: 'scan', ...candidate({ 'model.gguf': ggufFile({ tensors, data }) }) })
    expect(verdict.result).toBe('refused')
    expect(verdict.findings).toHaveLength(50)
    expect(JSON.stringify(verdict).length).toBeLessThan(64 * 1024)
  })
})

describe('the stages that need no file', () => {
  const { folder, files } = { folder: '/nowhere', files: [{ name: 'model.gguf', bytes: 1, sha256: 'ab'.repeat(32) }] }
  const policy = SourcePolicy.parse({})

  it('say where it comes from, and that a branch moves', async () => {
    const hub = 'https://huggingface.co/a/b/resolve'
    expect(await run({ stage: 'source', policy })).toMatchObject({ result: 'passed', evidence: { kind: 'local' } })
    expect(await run({ stage: 'source', policy, declared: `${hub}/main/m.gguf` })).toMatchObject({ result: 'noted' })
    expect(await run({ stage: 'source', policy, declared: `${hub}/${'a'.repeat(40)}/m.gguf` })).toMatchObject({
      result: 'passed',
    })
    expect(await run({ stage: 'source', policy, declared: 'https://evil.example/m.gguf' })).toMatchObject({
      result: 'refused',
    })
  })

  it('compare the digest with what was given and with what is pinned, of this revision only', async () => {
    const digest = files[0]?.sha256 ?? ''
    const job = { stage: 'integrity' as const, folder, files, digest, pins: [] }
    expect(await run(job)).toMatchObject({
      result: 'noted',
      findings: [{ code: 'first_use' }],
      evidence: { pinned: false },
    })
    expect(await run({ ...job, expected: digest })).toMatchObject({ result: 'passed', evidence: { pinned: true } })
    expect(await run({ ...job, expected: 'cd'.repeat(32) })).toMatchObject({ result: 'refused' })
    const commit = 'a'.repeat(40)
    const source = `https://huggingface.co/a/b/resolve/${commit}/m.gguf`
    const pinned = (pin: { sha256: string; revision?: string }) =>
      run({ ...job, declared: source, pins: [{ source, ...pin }] })
    expect(await pinned({ sha256: digest, revision: commit })).toMatchObject({
      result: 'passed',
      evidence: { by: 'configuration' },
    })
    expect(await pinned({ sha256: digest, revision: 'b'.repeat(40) })).toMatchObject({ result: 'refused' })
    expect(await pinned({ sha256: 'cd'.repeat(32) })).toMatchObject({ result: 'refused' })
  })

  it('pass what nobody signed only where policy lets them', async () => {
    const job = { stage: 'provenance' as const, folder, files, trust: { identities: [], keys: [] } }
    expect(await run({ ...job, required: false })).toMatchObject({
      result: 'noted',
      evidence: { state: 'unsigned', signer: null },
    })
    expect(await run({ ...job, required: true })).toMatchObject({ result: 'refused' })
    expect(await run({ ...job, required: false, bundle: '{}' })).toMatchObject({
      result: 'refused',
      evidence: { state: 'invalid' },
    })
  })
})

describe('the stage behaviour', () => {
  const rest = { tools: [], limits: BehaviourLimits.parse({}), seconds: 30 }

  it('does not apply to what the engine does not run', async () => {
    const files = candidate({ 'a.safetensors': safetensorsFile(usualHeader, usualData) })
    expect(await run({ stage: 'behaviour', ...files, ...rest, engine: ['/bin/false'] })).toMatchObject({
      result: 'skipped',
    })
  })

  it('refuses where the engine cannot be started, or ends', async () => {
    for (const engine of [['/nonexistent/engine'], ['/bin/false']]) {
      const verdict = await run({ stage: 'behaviour', ...candidate(model), ...rest, engine })
      expect(verdict).toMatchObject({ result: 'refused', findings: [{ code: 'engine' }] })
    }
  })
})
