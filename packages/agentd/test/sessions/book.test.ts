import { randomBytes } from 'node:crypto'
import { type LedgerEntry, LedgerEntryType, TaintLabel } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Book } from '../../src/sessions/book.ts'
import { BookFile } from '../../src/sessions/book-file.ts'

const marksKey = randomBytes(32)
const DAY = Date.UTC(2026, 10, 21)

/** Any entry that tells the book something, in any order; the ledger would hold fewer of them. */
const draft = fc.record({
  type: fc.constantFrom(...LedgerEntryType.options),
  actor: fc.record({
    kind: fc.constantFrom('agent', 'operator', 'routine', 'system'),
    name: fc.constantFrom('main', 'other', 'operator'),
  }),
  session: fc.constantFrom('ses_0123456789', 'ses_9876543210', undefined),
  intent: fc.option(fc.nat(20), { nil: undefined }),
  duration_ms: fc.nat(100),
  facts: fc.record(
    {
      taints: fc.constantFrom('untrusted-text', 'secret', 'untrusted-text,secret', 'nonsense'),
      wall_ms: fc.nat(5000),
      files_touched: fc.nat(3),
      tokens: fc.nat(1000),
      mark: fc.constantFrom('secret', 'untrusted-text'),
      mark_at: fc.constantFrom('aaaa', 'bbbb'),
      mark_under: fc.constantFrom('cccc', 'dddd,eeee'),
      capability: fc.constantFrom('cap_0123456789', 'cap_0123456789,cap_9876543210'),
      expires: fc.constant(DAY + 3_600_000),
      scope: fc.constantFrom('day', 'agent:main', 'session:ses_0123456789'),
      resource: fc.constantFrom('tokens', 'steps', 'nonsense'),
      by: fc.nat(100),
      for: fc.constantFrom('all', 'agent:main'),
      mode: fc.constantFrom('observe', 'operate', 'nonsense'),
      agent: fc.constantFrom('main', 'other'),
    },
    { requiredKeys: [] },
  ),
  hours: fc.nat(3),
})

function entriesOf(drafts: readonly (typeof draft extends fc.Arbitrary<infer T> ? T : never)[]): LedgerEntry[] {
  let time = DAY
  return drafts.map(({ hours, ...entry }, index) => {
    time += hours * 3_600_000
    return { v: 1, index, time, prev: String(index), ...entry } as unknown as LedgerEntry
  })
}

test('read from the ledger at once, or with the file saved and read back anywhere in between, the book says the same', () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 60 }), fc.nat(60), (drafts, cut) => {
      const entries = entriesOf(drafts)
      const whole = new Book(marksKey)
      for (const entry of entries) whole.fold(entry)
      const first = new Book(marksKey)
      for (const entry of entries.slice(0, cut)) first.fold(entry)
      const second = new Book(marksKey, BookFile.parse(JSON.parse(JSON.stringify(first.save()))))
      for (const entry of entries.slice(cut)) second.fold(entry)
      expect(second.save()).toEqual(whole.save())
    }),
    { numRuns: 500 },
  )
})

test('nothing but an operator takes a label away', () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 60 }), (drafts) => {
      const book = new Book(marksKey)
      for (const entry of entriesOf(drafts)) {
        const before = [...book.common]
        book.fold(entry)
        if (entry.type !== 'taint_cleared') expect([...book.common]).toEqual(expect.arrayContaining(before))
      }
    }),
    { numRuns: 500 },
  )
})

test('a new day gives agents their budgets back, sessions not; setting the clock back gives nothing', () => {
  const book = new Book(marksKey)
  const intent = (index: number, time: number) =>
    ({
      index,
      time,
      prev: '',
      type: 'intent',
      actor: { kind: 'agent', name: 'main' },
      session: 'ses_0123456789',
    }) as unknown as LedgerEntry
  book.fold(intent(0, DAY + 1))
  expect([book.spent('day').steps, book.spent('agent:main').steps, book.spent('session:ses_0123456789').steps]).toEqual(
    [1, 1, 1],
  )
  book.turnTo(DAY - 1)
  expect(book.spent('day').steps).toBe(1)
  book.fold(intent(1, DAY + 24 * 3_600_000))
  expect([book.spent('day').steps, book.spent('agent:main').steps, book.spent('session:ses_0123456789').steps]).toEqual(
    [1, 1, 2],
  )
})

test('an entry that is lost counts as everything it could have said', () => {
  const book = new Book(marksKey)
  book.miss(0)
  expect([...book.common].toSorted()).toEqual([...TaintLabel.options].toSorted())
})

test('inventing agents gives each newcomer no budget of its own for ever', () => {
  const book = new Book(marksKey)
  for (let index = 0; index < 3000; index += 1) {
    const actor = { kind: 'agent', name: `agent${index}` }
    book.fold({
      index,
      time: DAY,
      prev: '',
      type: 'refused',
      actor,
      session: `ses_session${index}`,
    } as unknown as LedgerEntry)
  }
  expect(book.scopes.filter((scope) => scope.startsWith('agent:')).length).toBeLessThanOrEqual(1025)
  expect(book.spent('agent:agent2999').steps).toBeGreaterThan(1000)
})
