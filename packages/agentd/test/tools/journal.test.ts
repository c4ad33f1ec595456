import { existsSync } from 'node:fs'
import { requires } from '@castellan/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import type { JournalEntry } from '../../src/host/journal.ts'
import { parseBoots } from '../../src/host/journal.ts'
import { groupMessages, shapeOf } from '../../src/tools/journal/shapes.ts'
import { Inside } from '../support/inside.ts'
import { type Machine, openMachine, toolByName } from '../support/machine.ts'

throwawayHost.describe('the journal tools, on a host that systemd runs', () => {
  let inside: Inside

  beforeAll(async () => {
    inside = await Inside.boot()
    await inside.shell(
      [
        'systemd-run --unit=steady sleep 600',
        'systemd-run --unit=broken sh -c \'echo "disk on fire" >&2; exit 3\'',
        'for i in $(seq 1 7); do echo "connection $i from 192.0.2.$i:50$i timed out after 0.$i s"; done | systemd-cat --identifier=proxy --priority=err',
        'echo "connection 8 from 192.0.2.8:508 timed out after 0.8 s" | systemd-cat --identifier=proxy --priority=crit',
        'echo "out of memory" | systemd-cat --identifier=proxy --priority=err',
        'for i in $(seq 1 30); do echo "line $i"; done | systemd-cat --identifier=counter',
        'while systemctl is-active --quiet broken; do :; done',
        'journalctl --sync',
      ].join('\n'),
    )
  })
  afterAll(() => inside?.[Symbol.asyncDispose]())

  it('journal_query finds what a unit said, since when, and how bad', async () => {
    const [said, none, found, malformed, unknown] = await inside.calls(
      ['journal_query', { unit: 'broken', since: '10 minutes' }],
      ['journal_query', { unit: 'steady', priority: 'crit' }],
      ['journal_query', { grep: '^disk on fire' }],
      ['journal_query', { grep: '(' }],
      ['journal_query', { unit: 'brokn' }],
    )
    const messages = (said.output.entries as { message: string }[]).map(({ message }) => message)
    expect(messages).toContain('disk on fire')
    expect(said.summary).toMatch(/^\d+ entries from broken since 10 minutes, the last at .+: /)
    expect(said.taints).toEqual(['untrusted-text'])
    expect(none.summary).toBe('The journal has no entries of priority crit or worse from steady.')
    expect(none.taints).toEqual([])
    expect(found.output.entries).toHaveLength(1)
    expect(malformed.error?.code).toBe('invalid_arguments')
    expect(unknown.error?.code).toBe('unit_not_found')
  })

  it('journal_query says when this user may not read the whole journal', async () => {
    const nobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']
    const [query, errors] = await inside.steps(
      [{ name: 'journal_query', args: { unit: 'broken' } }, { name: 'journal_errors' }],
      nobody,
    )
    expect(query).toMatchObject({ output: { entries: [], restricted: true } })
    expect(query?.summary).toContain('needs root or the group systemd-journal')
    expect(errors).toMatchObject({ output: { groups: [], restricted: true } })
    expect(errors?.summary).toContain('needs root or the group systemd-journal')
  })

  it('journal_query goes back page by page without a gap or a repetition', async () => {
    const pages: string[][] = []
    let cursor: string | null = null
    do {
      const args: Record<string, unknown> = { grep: '^line \\d+$', limit: 12, ...(cursor === null ? {} : { cursor }) }
      const [{ output }] = await inside.calls(['journal_query', args])
      pages.unshift((output.entries as { message: string }[]).map(({ message }) => message))
      cursor = output.cursor as string | null
    } while (cursor !== null)
    expect(pages.map((page) => page.length)).toEqual([6, 12, 12])
    expect(pages.flat()).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index + 1}`))
  })

  it('journal_errors counts what is the same but for its numbers, and pages through the groups', async () => {
    const [errors, first, second, quiet] = await inside.calls(
      ['journal_errors', { since: '10 minutes' }],
      ['journal_errors', { since: '10 minutes', limit: 1 }],
      ['journal_errors', { since: '10 minutes', limit: 1, offset: 1 }],
      ['journal_errors', { unit: 'steady' }],
    )
    const groups = errors.output.groups as { source: string; shape: string; count: number; priority: string }[]
    expect(groups[0]).toMatchObject({
      source: 'proxy',
      shape: 'connection … from … timed out after … s',
      example: 'connection 8 from 192.0.2.8:508 timed out after 0.8 s',
      count: 8,
      priority: 'crit',
    })
    expect(groups).toEqual(expect.arrayContaining([expect.objectContaining({ shape: 'out of memory', count: 1 })]))
    expect(errors.summary).toContain('proxy "connection … from … timed out after … s" 8 times')
    expect(errors.output).toMatchObject({ complete: true, truncated: false })
    expect(errors.taints).toEqual(['untrusted-text'])
    expect(first.output).toMatchObject({ groups: [groups[0]], truncated: true })
    expect(second.output.groups).toEqual([groups[1]])
    expect(quiet.summary).toBe('There are no errors from steady since 24 hours.')
  })

  it('journal_errors still counts where messages are so long that not all can be looked at', async () => {
    const shout =
      'perl -e \'for (1..1500) { print "x" x 40000, "\\n" }\' | systemd-cat --identifier=shouter --priority=err'
    await inside.shell(`${shout}; journalctl --sync`)
    const [{ output, error }] = await inside.calls(['journal_errors', { since: '10 minutes' }])
    expect(error).toBeUndefined()
    expect(output).toMatchObject({ complete: false, groups: [{ source: 'shouter' }] })
  })

  it('boot_list shows the present boot', async () => {
    const [{ output, summary }] = await inside.calls(['boot_list'])
    expect(output).toMatchObject({
      boots: [{ boot: 0, id: expect.stringMatching(/^[0-9a-f]{32}$/), firstEntryAt: expect.stringMatching(/Z$/) }],
      total: 1,
    })
    expect(summary).toMatch(/^1 boot in the journal: .+ UTC \(the present one\)\.$/)
  })
})

describe('boots', () => {
  it('come newest first, in seconds as journald counts microseconds', () => {
    const boots = parseBoots(
      '[{"index":-1,"boot_id":"a","first_entry":1000000,"last_entry":2000000},{"index":0,"boot_id":"b","first_entry":3000000,"last_entry":4000000}]',
    )
    expect(boots.map(({ boot, firstEntry }) => [boot, firstEntry.getTime()])).toEqual([
      [0, 3000],
      [-1, 1000],
    ])
    expect(parseBoots('')).toEqual([])
  })
})

describe('the shape of a message', () => {
  it.each([
    ['Failed password for root from 203.0.113.9 port 40022 ssh2', 'Failed password for root from … port … ssh…'],
    ['2026-11-21T09:00:00.123Z worker[17] died', '… worker[…] died'],
    ['device 02:fc:00:00:00:01 left, was fe80::fc:ff:fe00:1', 'device … left, was …'],
    ['job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 took 12.5 s', 'job … took … s'],
    ['bad page at 0xdeadbeef00 in deadbeef1234', 'bad page at … in …'],
    ['no numbers here', 'no numbers here'],
  ])('%s', (message, shape) => {
    expect(shapeOf(message)).toBe(shape)
  })

  it('is the same whatever the numbers, and never long', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.ipV4(), (one, other, address) => {
        expect(shapeOf(`try ${one} to ${address} failed`)).toBe(shapeOf(`try ${other} to 192.0.2.1 failed`))
      }),
    )
    fc.assert(fc.property(fc.string({ maxLength: 5000 }), (message) => shapeOf(message).length <= 300))
  })

  it('groups keep the newest example, the worst priority and both ends', () => {
    const entry = (message: string, priority: JournalEntry['priority'], seconds: number): JournalEntry => ({
      at: new Date(seconds * 1000),
      unit: 'web.service',
      process: 'web',
      pid: 1,
      priority,
      message,
      cursor: '',
    })
    const groups = groupMessages([
      entry('try 3', 'err', 30),
      entry('other', 'err', 25),
      entry('try 2', 'alert', 20),
      entry('try 1', 'crit', 10),
    ])
    expect(groups.map(({ shape, count }) => [shape, count])).toEqual([
      ['try …', 3],
      ['other', 1],
    ])
    expect(groups[0]).toMatchObject({
      example: 'try 3',
      priority: 'alert',
      first: new Date(10_000),
      last: new Date(30_000),
    })
  })
})

requires.that(!existsSync('/run/systemd/system'), 'needs a host without systemd').describe('without systemd', () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await openMachine()
  })
  afterAll(() => machine[Symbol.asyncDispose]())

  it.each(['journal_query', 'journal_errors', 'boot_list'])(
    '%s refuses with the reason and what would make it work',
    async (name) => {
      await expect(machine.call(name)).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringMatching(/systemd.*this works\.$/s),
      })
    },
  )

  it('a time that means nothing is refused', async () => {
    for (const name of ['journal_query', 'journal_errors']) {
      await expect(machine.call(name, { since: 'soonish' })).rejects.toMatchObject({ code: 'invalid_arguments' })
    }
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['journal_query', { priority: 'loud' }],
    ['journal_query', { limit: 0 }],
    ['journal_query', { cursor: '--file=/etc/shadow' }],
    ['journal_query', { grep: 'a\0b' }],
    ['journal_query', { boot: 1 }],
    ['journal_errors', { unit: '--flush' }],
    ['journal_errors', { limit: 101 }],
    ['boot_list', { offset: -1 }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
