import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fitsGlob } from '../../../src/host/files/glob.ts'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await openMachine({ grants: (folder) => [{ path: join(folder, 'workspace/closed'), access: 'none' }] })
  await mkdir(at('deep/er'), { recursive: true })
  await mkdir(at('closed'))
  await writeFile(at('closed/secret.conf'), 'listen 1\n')
  await writeFile(at('deep/er/nginx.conf'), 'user www;\nlisten 80;\nlisten [::]:80;\n')
  await writeFile(at('deep/Über.conf'), 'LISTEN 81\n')
  await writeFile(at('notes.txt'), 'nothing\n')
})
afterEach(() => machine[Symbol.asyncDispose]())

const at = (name: string) => join(machine.workspace, name)

interface Found {
  readonly matches: { readonly path: string; readonly line: number | null; readonly text: string | null }[]
  readonly nextCursor: string | null
  readonly skipped: number
  readonly truncated: boolean
}

async function search(args: Record<string, unknown>): Promise<Found> {
  return (await machine.call('file_search', args)).output as unknown as Found
}

/** What a piece of work takes of the processor, in microseconds: unlike the clock, it does not count what others do meanwhile. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage()
  await work()
  return process.cpuUsage(started).user
}

const paths = ({ matches }: Found) => matches.map(({ path }) => path.slice(machine.workspace.length + 1))

describe('file_search', () => {
  it('finds by name, never in a folder that is not granted', async () => {
    const found = await search({ name: '*.conf' })
    expect(paths(found)).toEqual(['deep/er/nginx.conf', 'deep/Über.conf'])
    expect(found).toMatchObject({ nextCursor: null, skipped: 1, truncated: false })
    expect(paths(await search({ name: '?ber.conf' }))).toEqual(['deep/Über.conf'])
    expect(paths(await search({ name: 'er' }))).toEqual(['deep/er'])
  })

  it('finds text, each line once, with its number', async () => {
    const { matches } = await search({ contains: 'listen' })
    expect(matches.map(({ line, text }) => [line, text])).toEqual([
      [2, 'listen 80;'],
      [3, 'listen [::]:80;'],
    ])
    expect(paths(await search({ contains: 'Listen', ignoreCase: true, name: '*.CONF' }))).toEqual([
      'deep/er/nginx.conf',
      'deep/er/nginx.conf',
      'deep/Über.conf',
    ])
  })

  it('takes a pattern for what it says, not for a regular expression', async () => {
    await writeFile(at('odd'), 'a.b(c)[d]*\n')
    expect(paths(await search({ contains: '.b(c)[d]*' }))).toEqual(['odd'])
    expect(paths(await search({ contains: 'a.*b' }))).toEqual([])
  })

  it('finds a text across the borders of what is read at once, and at the very end', async () => {
    const filler = 'x'.repeat(262_140)
    await writeFile(at('big'), `${filler}needle\n${'y\n'.repeat(200_000)}last needle`)
    const { matches } = await search({ contains: 'needle' })
    expect(matches.map(({ line }) => line)).toEqual([1, 200_002])
    expect(matches[1]?.text).toBe('last needle')
  })

  it('goes on where it stopped, also in the middle of a file, and misses nothing', async () => {
    await writeFile(at('many'), 'hit\n'.repeat(25))
    await writeFile(at('zz'), 'hit\n')
    const lines: unknown[] = []
    let cursor: string | null = null
    do {
      const page: Found = await search({ contains: 'hit', limit: 7, ...(cursor === null ? {} : { cursor }) })
      expect(page.matches.length).toBeLessThanOrEqual(7)
      lines.push(...page.matches.map(({ path, line }) => `${path.slice(machine.workspace.length + 1)}:${line}`))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(lines).toEqual([...Array.from({ length: 25 }, (_, index) => `many:${index + 1}`), 'zz:1'])
  })

  it('goes through names page by page, in any tree', async () => {
    const all = paths(await search({ name: '*' }))
    for (const limit of [1, 2, 3]) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page: Found = await search({ name: '*', limit, ...(cursor === null ? {} : { cursor }) })
        seen.push(...paths(page))
        cursor = page.nextCursor
      } while (cursor !== null)
      expect(seen).toEqual(all)
    }
  })

  it('neither follows links nor waits for a FIFO, and passes over binary files', async () => {
    await symlink(join(machine.folder, 'state'), at('out'))
    await symlink('deep', at('in'))
    await writeFile(at('binary'), Buffer.from('listen\0'))
    const { execFileSync } = await import('node:child_process')
    execFileSync('mkfifo', [at('fifo')])
    const found = await search({ contains: 'listen' })
    expect(new Set(paths(found))).toEqual(new Set(['deep/er/nginx.conf']))
    expect(found.skipped).toBe(2)
  })

  it('stays linear on a file and a pattern made to hurt', async () => {
    await writeFile(at('hurt'), 'a'.repeat(8_000_000))
    const easy = await processorTime(() => search({ contains: 'b' }))
    const hard = await processorTime(async () => {
      expect((await search({ contains: `${'a'.repeat(900)}b` })).matches).toEqual([])
      expect((await search({ contains: `b${'a'.repeat(900)}` })).matches).toEqual([])
    })
    expect((await search({ contains: 'a' })).matches).toHaveLength(1)
    // A pattern of 901 characters at 8 million places would be hundreds of times the work.
    expect(hard).toBeLessThan(50 * easy + 1_000_000)
    expect(fitsGlob('a'.repeat(255), `${'*a'.repeat(120)}b`)).toBe(false)
  })

  it('cuts at its output cap, and goes on from there', async () => {
    await writeFile(at('wide'), `${'"'.repeat(200)}hit\n`.repeat(800))
    const page = await search({ contains: 'hit', limit: 1000 })
    expect(page.truncated).toBe(true)
    const rest = await search({ contains: 'hit', limit: 1000, cursor: page.nextCursor as string })
    expect(rest.matches[0]?.line).toBe(page.matches.length + 1)
  })

  it('tells when what is shown is a secret or somebody else’s', async () => {
    await writeFile(at('k.txt'), '-----BEGIN RSA PRIVATE KEY-----\n')
    const { output } = await machine.call('file_search', { contains: 'BEGIN' })
    expect(toolByName('file_search').taints?.(output, {})).toEqual(['secret'])
  })

  it.each([
    [{}, 'invalid_arguments'],
    [{ name: '*', path: '/etc' }, 'path_outside_roots'],
    [{ name: '*', path: 'gone' }, 'not_found'],
    [{ name: '*', cursor: 'nonsense' }, 'invalid_arguments'],
  ])('refuses %j with %s', async (args, code) => {
    await expect(machine.call('file_search', args)).rejects.toMatchObject({ code })
  })

  it('refuses patterns with a slash and texts with a line break by its schema', () => {
    const { input } = toolByName('file_search')
    expect(input.safeParse({ name: 'a/b' }).success).toBe(false)
    expect(input.safeParse({ contains: 'a\nb' }).success).toBe(false)
  })
})

describe('a name pattern', () => {
  it('means what the same regular expression means', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '.', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(text, text, (name, pattern) => {
        const source = [...pattern].map((c) =>
          c === '*' ? '.*' : c === '?' ? '.' : `\\u{${c.codePointAt(0)?.toString(16)}}`,
        )
        return fitsGlob(name, pattern) === new RegExp(`^${source.join('')}$`, 'su').test(name)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('directory_usage', () => {
  it('adds up what files take, each name of a file once, holes as what they are', async () => {
    await writeFile(at('deep/one'), Buffer.alloc(1_000_000, 1))
    await link(at('deep/one'), at('deep/two'))
    await writeFile(at('sparse'), '')
    await truncate(at('sparse'), 100_000_000)
    const { output, summary } = await machine.call('directory_usage', {})
    const usage = output as { diskBytes: number; sizeBytes: number; parts: { name: string }[]; skipped: number }
    expect(usage.sizeBytes).toBeGreaterThan(101_000_000)
    expect(usage.sizeBytes).toBeLessThan(101_010_000)
    expect(usage.diskBytes).toBeGreaterThan(1_000_000)
    expect(usage.diskBytes).toBeLessThan(2_000_000)
    expect(usage.parts[0]?.name).toBe('deep')
    expect(usage.skipped).toBe(1)
    expect(summary).toContain('Most is in deep')
  })

  it('says when there is more than it shows, and refuses what is outside', async () => {
    const { output } = await machine.call('directory_usage', { limit: 1 })
    expect(output).toMatchObject({ truncated: true, totalParts: 2, complete: true })
    const rest = await machine.call('directory_usage', { limit: 1, offset: 1 })
    expect(rest.output).toMatchObject({ truncated: false, totalParts: 2 })
    const names = [output, rest.output].flatMap(({ parts }) => (parts as { name: string }[]).map(({ name }) => name))
    expect(new Set(names).size).toBe(2)
    expect(rest.summary).toContain(`From number 2 on: ${names[1]}`)
    await expect(machine.call('directory_usage', { path: '/usr' })).rejects.toMatchObject({
      code: 'path_outside_roots',
    })
  })
})

describe('file_checksum', () => {
  it('gives the published digest, and says whether it is the expected one', async () => {
    await writeFile(at('abc'), 'abc')
    const expected = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD'
    expect((await machine.call('file_checksum', { path: 'abc', expected })).output).toMatchObject({
      digest: expected.toLowerCase(),
      matches: true,
      sizeBytes: 3,
    })
    const md5 = await machine.call('file_checksum', { path: 'abc', algorithm: 'md5', expected: '0'.repeat(32) })
    expect(md5.output).toMatchObject({ digest: '900150983cd24fb0d6963f7d28e17f72', matches: false })
    expect(md5.summary).toContain('NOT')
  })

  it('refuses folders, devices and what is outside', async () => {
    await expect(machine.call('file_checksum', { path: 'deep' })).rejects.toMatchObject({ code: 'not_a_file' })
    await expect(machine.call('file_checksum', { path: '/etc/passwd' })).rejects.toMatchObject({
      code: 'path_outside_roots',
    })
  })
})
