import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { statedContent } from '../../src/interpreter/content.ts'

function words(text: string, path?: string): string | undefined {
  const place = statedContent(text, path)?.words
  return place && text.slice(place.from, place.to)
}

describe('the words a request says to write', () => {
  it.each([
    ['write hello to z.txt', 'hello'],
    ['put hello in z.txt', 'hello'],
    ['append buy milk to todo.txt', 'buy milk'],
    ['add the line foo=bar to app.conf', 'foo=bar'],
    ['write down that the backup failed in notes.txt', 'the backup failed'],
    ['save this to a.txt: some words', 'some words'],
    ['add a line saying hello to todo.txt', 'hello'],
    ['add a line to todo.txt saying hello', 'hello'],
    ['write "hello" to z.txt', 'hello'],
    ['add the line "a b" to z.txt', 'a b'],
    ['write to z.txt: hello', 'hello'],
    ['please write Meet Bob at 5 into /srv/notes.md', 'Meet Bob at 5'],
    ['add hello to the end of notes.txt', 'hello'],
    ['echo hi >> a.txt', 'hi'],
    ['note down call the plumber in notes.txt', 'call the plumber'],
    ['write the message queue is down to notes.txt', 'the message queue is down'],
    ['overwrite a.txt with fresh words', 'fresh words'],
    ['in notes.txt write buy milk', 'buy milk'],
    ['create a.txt and write hello in it', 'hello'],
    ['put this in a.txt: he said "go" and left', 'he said "go" and left'],
    ['add a reminder that the cert expires to todo.txt', 'the cert expires'],
    ['write a note to notes.txt in my workspace', undefined],
    ['save something to a.txt', undefined],
    ['add an entry to log.txt', undefined],
    ['add a line to a.txt', undefined],
    ['write it to a.txt', undefined],
    ['create a file called notes.txt in my workspace', undefined],
    ['create notes.txt', undefined],
  ])('%j: %j', (text, said) => {
    expect(words(text)).toBe(said)
  })

  it('go after what is there where the verb says so', () => {
    expect(statedContent('add hello to a.txt', 'a.txt')?.appends).toBe(true)
    expect(statedContent('write hello to a.txt', 'a.txt')?.appends).toBe(false)
  })

  it('are always a part of the request that is not empty', () => {
    const verb = fc.constantFrom('write', 'add a line saying', 'put', 'save this to a.txt:', 'jot', '')
    fc.assert(
      fc.property(verb, fc.string({ unit: 'grapheme' }), fc.string(), (start, middle, end) => {
        const text = `${start} ${middle} to a.txt ${end}`
        const place = statedContent(text, 'a.txt')?.words
        if (place !== undefined) expect(place.from >= 0 && place.to > place.from && place.to <= text.length).toBe(true)
      }),
    )
  })
})
