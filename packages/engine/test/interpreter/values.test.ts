import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finishValue } from '../../src/interpreter/values.ts'

/** The value of the argument when the model marked this part of the text. */
function finished(name: string, text: string, marked: string): unknown {
  const start = text.indexOf(marked)
  return finishValue(name, { kind: 'span', type: 'string', start, end: start + marked.length }, text)
}

describe('the value of an argument', () => {
  it.each([
    ['path', 'show me notes.txt.', 'notes.txt.', 'notes.txt'],
    ['path', 'what is in "my notes.txt"?', '"my notes.txt"', 'my notes.txt'],
    ['path', 'what is in "my notes.txt"?', 'notes', 'my notes.txt'],
    ['path', 'cat /etc/hosts please', '/etc/hos', '/etc/hosts'],
    ['path', 'list ..', '..', '..'],
    ['path', 'list .', '.', '.'],
    ['path', 'is `/var/log` full?', '/var/log', '/var/log'],
    ['path', 'open (README.md)', '(README.md)', 'README.md'],
    ['unit', "nginx's log", "nginx's", 'nginx'],
    ['unit', 'is nginx.service up?', ' nginx.service', 'nginx.service'],
    ['unit', 'is postgresql@15-main ok', 'postgresql', 'postgresql@15-main'],
    ['since', 'errors in the last 2 hours', 'the last 2 hours', '2 hours'],
    ['since', 'errors since yesterday?', 'since yesterday?', 'yesterday'],
    ['since', 'errors since this morning', 'this morning', 'this morning'],
    ['since', 'errors since last monday', 'last monday', 'monday'],
    ['content', 'write "buy milk and eggs" to notes.txt', 'milk', 'buy milk and eggs'],
    ['content', "write 'it's late' to a.txt", "it's late", "it's late"],
    ['content', 'note: call the plumber.', 'call the plumber.', 'call the plumber.'],
    ['find', 'replace “foo” with “bar”', '“foo”', 'foo'],
  ])('%s of %j, marked %j, is %j', (name, text, marked, value) => {
    expect(finished(name, text, marked)).toBe(value)
  })

  it('is never a character that the request does not hold', () => {
    const names = fc.constantFrom('path', 'unit', 'content', 'since', 'grep', 'name', 'other')
    fc.assert(
      fc.property(names, fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), fc.nat(), (name, text, a, b) => {
        const start = a % text.length
        const end = start + 1 + (b % (text.length - start))
        expect(text).toContain(finishValue(name, { kind: 'span', type: 'string', start, end }, text))
      }),
    )
  })
})
