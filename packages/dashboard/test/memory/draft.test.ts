import { describe, expect, test } from 'vitest'
import { argumentsOf, draftOf, draftProblem, emptyDraft } from '../../src/memory/draft.ts'
import { type Fact, withWords } from '../../src/memory/facts.ts'
import { memory as words } from '../../src/strings/memory.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const fact: Fact = {
  ...{ id: 12, text: 'The NAS is in the attic.', source: 'the owner said so', by: 'main', confidence: 0.75 },
  ...{ stored_at: '2026-11-20T03:00:00.000Z', labels: [], tags: ['nas', 'größe'], expires_at: null },
}
const draft = { ...emptyDraft(), text: 'It is so.' }

describe('a correction', () => {
  test('keeps what nobody touched', () => {
    const { id, text, source, confidence, tags } = fact
    expect(argumentsOf(draftOf(fact, NOW), fact, NOW)).toEqual({ id, text, source, confidence, tags })
  })

  test('keeps an end that nobody touched to the minute, and takes one that somebody wrote', () => {
    const ending = { ...fact, expires_at: '2026-11-28T18:30:00.000Z' }
    const begun = draftOf(ending, NOW)
    expect(begun.days).toBe('7.27')
    expect(argumentsOf(begun, ending, NOW).expiresInDays).toBe(7 + 6.5 / 24)
    expect(argumentsOf({ ...begun, days: '3' }, ending, NOW).expiresInDays).toBe(3)
    expect(argumentsOf({ ...begun, days: '' }, ending, NOW)).not.toHaveProperty('expiresInDays')
  })
})

test('something new has no number, and its tags are taken apart', () => {
  expect(argumentsOf({ ...draft, tags: ' nas, backup  nas', sure: '50', days: '0.5' }, null, NOW)).toEqual({
    ...{ text: 'It is so.', source: words.form.owner, tags: ['nas', 'backup'], confidence: 0.5, expiresInDays: 0.5 },
  })
})

test.each([
  [{ text: '  ' }, words.form.noText],
  [{ text: 'x'.repeat(4001) }, words.form.long(4000)],
  [{ source: '' }, words.form.noSource],
  [{ source: 'x'.repeat(301) }, words.form.longSource(300)],
  [{ tags: 'a <b>' }, words.form.badTag('<b>')],
  [{ tags: Array.from({ length: 17 }, (_, at) => `t${at}`).join(' ') }, words.form.manyTags(16)],
  [{ sure: '' }, words.form.badSure],
  [{ sure: '101' }, words.form.badSure],
  [{ sure: 'very' }, words.form.badSure],
  [{ days: '0' }, words.form.badDays],
  [{ days: '-1' }, words.form.badDays],
  [{ days: 'soon' }, words.form.badDays],
  [{ days: '40000' }, words.form.badDays],
  [{ days: '7.5', sure: '0', tags: 'größe nas_2' }, null],
])('%o: %s', (change, problem) => {
  expect(draftProblem({ ...draft, ...change })).toBe(problem)
})

test('facts are found by all of the words, anywhere in them, in any case and without accents', () => {
  const other = { ...fact, id: 13, text: 'The café opens at nine.', tags: [] }
  const found = (text: string) => withWords([fact, other], text).map(({ id }) => id)
  expect(found('attic NAS')).toEqual([12])
  expect(found('CAFE')).toEqual([13])
  expect(found('owner')).toEqual([12, 13])
  expect(found('  ')).toEqual([12, 13])
  expect(found('attic café')).toEqual([])
})
