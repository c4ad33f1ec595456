import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConversationBook } from '../../src/conversations/book.ts'
import type { NewEntry } from '../../src/conversations/entry.ts'
import { openEncrypted } from '../../src/store/database.ts'
import { asked, batch, done, main, openBook, text } from '../support/book.ts'
import { decrypted } from '../support/pages.ts'

const everything = { after: 0, limit: 1000, keep: 'newest' as const }

test('a text that came in pieces is one entry, and can be gone on with from any of them', () => {
  const { book } = openBook()
  book.append([batch([asked(1, 'how?'), text(2, 'All ')], true)])
  book.append([batch([text(3, 'is ')], true)])
  expect(book.read(main, everything).entries.at(-1)?.frame).toMatchObject({ type: 'text', text: 'All is ', seq: 3 })
  book.append([batch([text(4, 'well.'), done(5)])])
  const { entries } = book.read(main, everything)
  expect(entries.map(({ frame }) => frame)).toEqual([
    { type: 'asked', text: 'how?', chat_id: main, seq: 1 },
    { type: 'text', text: 'All is well.', chat_id: main, seq: 4 },
    { type: 'done', chat_id: main, seq: 5 },
  ])
  expect(book.read(main, { ...everything, after: 3 }).entries[0]?.frame).toMatchObject({ text: 'well.', seq: 4 })
})

test('from any point on, however it was written, a transcript gives exactly what was said after it', () => {
  const said = fc.array(fc.oneof(fc.constantFrom('a', 'bc', 'def'), fc.constant(null)), { maxLength: 30 })
  const { book } = openBook()
  let runs = 0
  fc.assert(
    fc.property(said, fc.array(fc.nat(30)), fc.nat(31), (words, cuts, after) => {
      runs += 1
      const name = `chat-${runs}` as typeof main
      const entries = words.map((word, at): NewEntry => (word === null ? done(at + 1) : text(at + 1, word)))
      const ends = [...new Set([...cuts, entries.length])].sort((a, b) => a - b)
      let from = 0
      for (const end of ends) {
        if (end > from) book.append([batch(entries.slice(from, end), false, name)])
        from = Math.max(from, end)
      }
      const flat = (all: readonly (string | null)[]) => all.map((word) => word ?? '|').join('')
      const given = book.read(name, { ...everything, after }).entries
      expect(flat(given.map(({ frame }) => (frame.type === 'text' ? frame.text : null)))).toBe(flat(words.slice(after)))
    }),
    { numRuns: 40 },
  )
})

test('the newest entries come with the count of those before, the oldest with a word that more follow', () => {
  const { book } = openBook()
  book.append([batch([asked(1, 'a'), text(2, 'b'), text(3, 'c'), done(4), asked(5, 'd'), done(6)])])
  const newest = book.read(main, { after: 0, limit: 2, keep: 'newest' })
  expect(newest.entries.map(({ frame }) => frame.type)).toEqual(['asked', 'done'])
  expect([newest.forgotten, newest.more]).toEqual([4, false])
  expect(book.read(main, { after: 2, limit: 2, keep: 'newest' }).forgotten).toBe(2)
  const oldest = book.read(main, { after: 0, limit: 2, keep: 'oldest' })
  expect(oldest.entries.map(({ frame }) => frame.type)).toEqual(['asked', 'text'])
  expect([oldest.forgotten, oldest.more]).toEqual([0, true])
})

test('words are found in whole messages, by their beginnings, across chats, newest first', () => {
  const { book } = openBook()
  book.append([
    batch([asked(1, 'How full are my disks?'), text(2, 'The dis'), text(3, 'ks are nearly full.'), done(4)]),
  ])
  book.append([batch([asked(1, 'disks again')], false, 'other' as typeof main)])
  const all = { chat: null, agent: null }
  const hits = book.find('full disk', all, 10, null)
  expect(hits.map(({ name, last_seq, excerpt }) => [name, last_seq, excerpt])).toEqual([
    ['main', 3, 'The «disks» are nearly «full».'],
    ['main', 1, 'How «full» are my «disks»?'],
  ])
  expect(book.find('disks', all, 10, null)[0]?.name).toBe('other')
  expect(book.find('disks', { chat: main, agent: null }, 1, null)).toHaveLength(1)
  expect(book.find('disks', all, 10, hits[0]?.id ?? 0).map(({ last_seq }) => last_seq)).toEqual([1])
  expect(book.find('" OR NEAR(', all, 10, null)).toEqual([])
})

test('a chat that was deleted is gone from the file and its log, for who has the key as well', () => {
  const { book, path, key } = openBook()
  const secret = `planted${randomBytes(8).toString('hex')}`
  const kept = `stays${randomBytes(8).toString('hex')}`
  book.append([batch([asked(1, `tell ${secret}`), text(2, `I was told ${secret} and more`), done(3)])])
  book.append([batch([asked(1, kept)], false, 'other' as typeof main)])
  book.rename(main, `title ${secret}`)
  expect(decrypted(path, key)).toContain(secret)
  book.remove(main)
  const left = decrypted(path, key)
  expect(left).toContain(kept)
  expect(left).not.toContain(secret)
  expect(left).not.toContain(secret.slice(3))
  expect(book.chat(main)).toBeNull()
  expect(book.find(secret, { chat: null, agent: null }, 10, null)).toEqual([])
})

test('nothing of a chat stands in the files for who has no key, and another key opens nothing', () => {
  const { book, path } = openBook()
  book.append([batch([asked(1, 'a very private question'), done(2)])])
  for (const file of [path, `${path}-wal`]) expect(readFileSync(file).includes('private')).toBe(false)
  expect(() => new ConversationBook(path, randomBytes(32))).toThrow(/another key/)
})

test('a damaged database is refused with what to do, and not touched', () => {
  const { book, path, key } = openBook()
  book.append([batch([asked(1, 'hello'), done(2)])])
  book.finish()
  const bytes = readFileSync(path)
  bytes.fill(7, 100, 2000)
  writeFileSync(path, bytes)
  expect(() => new ConversationBook(path, key)).toThrow(/cannot be opened/)
  expect(readFileSync(path).equals(bytes)).toBe(true)
})

test('chats are listed by last use, a page at a time, and by agent', () => {
  const { book } = openBook()
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    book.append([batch([{ ...asked(1, name), at: at + 10 }], false, name as typeof main)])
  }
  const first = book.list(null, 2, null)
  expect(first.map(({ name }) => name)).toEqual(['c', 'b'])
  const { updated_at, id } = first[1] as { updated_at: number; id: number }
  expect(book.list(null, 2, { updatedAt: updated_at, id }).map(({ name }) => name)).toEqual(['a'])
  expect(book.list('nobody', 2, null)).toEqual([])
})

test('a database of before knows no modes, and gets them with all that it has', () => {
  const { book, path, key } = openBook()
  book.append([batch([asked(1, 'hello'), done(2)])])
  const before = openEncrypted(path, key, '')
  before.exec('ALTER TABLE chats DROP COLUMN mode')
  before.close()
  const now = new ConversationBook(path, key)
  expect(now.chat(main)).toMatchObject({ last_seq: 2, mode: null })
  now.append([{ ...batch([asked(3, 'again')]), mode: 'observe' }])
  expect(now.chat(main)?.mode).toBe('observe')
  now.finish()
})

test('what was used is summed, and what was not told is counted apart', () => {
  const { book } = openBook()
  const usage = (seq: number, told: object) => {
    const frame = JSON.stringify({ type: 'usage', engine: 'openai', model: 'm', host: 'h', answers: 1, ...told })
    return { firstSeq: seq, lastSeq: seq, at: seq, type: 'usage' as const, frame, words: null, cuts: null }
  }
  book.append([
    batch([
      usage(1, { prompt_tokens: 10, cached_tokens: 4, output_tokens: 5, cost: 0.25 }),
      usage(2, { prompt_tokens: 7, cached_tokens: null, output_tokens: null, cost: null }),
    ]),
  ])
  expect(book.usage(main)).toEqual({
    ...{ chat_id: main, turns: 2, prompt_tokens: 17, cached_tokens: 4, output_tokens: 5, cost: 0.25 },
    ...{ uncounted: 1, unpriced: 1 },
  })
})

test('a page of a transcript before one that was read ends where that begins', () => {
  const { book } = openBook()
  book.append([batch([asked(1, 'a'), done(2), asked(3, 'b'), done(4), asked(5, 'c'), done(6)])])
  const page = book.read(main, { after: 0, before: 5, limit: 2, keep: 'newest' })
  expect(page.entries.map(({ frame }) => ('seq' in frame ? frame.seq : 0))).toEqual([3, 4])
  expect(page.forgotten).toBe(2)
  const last = book.read(main, { after: 0, before: 3, limit: 2, keep: 'newest' })
  expect([last.entries.length, last.forgotten]).toEqual([2, 0])
})
