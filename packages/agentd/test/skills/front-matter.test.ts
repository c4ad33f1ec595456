import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { decodeSkill, parseSkill } from '../../src/skills/front-matter.ts'

const skill = (front: string, body = 'Do it.') => `---\n${front}\n---\n\n${body}\n`
const good = 'name: disk-care\ndescription: Looks after the disk.'

describe('front matter', () => {
  it('gives name, description and tools, written apart or as a list', () => {
    expect(parseSkill(skill(`${good}\nallowed-tools: disk_usage, store_gc disk_usage`))).toEqual({
      name: 'disk-care',
      description: 'Looks after the disk.',
      tools: ['disk_usage', 'store_gc'],
    })
    expect(parseSkill(skill(`${good}\nallowed-tools:\n  - disk_usage`)).tools).toEqual(['disk_usage'])
    expect(parseSkill(skill(good).replaceAll('\n', '\r\n')).name).toBe('disk-care')
  })

  it('leaves alone what other programs put there', () => {
    expect(parseSkill(skill(`${good}\nlicense: MIT\nmetadata:\n  author: me\n  version: "1.0"`)).name).toBe('disk-care')
  })

  it.each([
    ['no front matter', 'Just text.', /does not begin with front matter/],
    ['front matter that does not end', `---\n${good}\n`, /does not begin with front matter/],
    ['nothing after it', `---\n${good}\n---\n  \n`, /says nothing/],
    ['no description', skill('name: disk-care'), /description: is missing/],
    ['a name with a path in it', skill('name: ../../etc\ndescription: x'), /lower case words/],
    ['a name that is a number', skill('name: 123\ndescription: x'), /name: must be a string/],
    ['a list', skill('- name: disk-care'), /does not fit/],
    ['broken YAML', skill('name: "disk'), /is not YAML/],
    ['the same key twice', skill(`${good}\nname: other`), /is not YAML/],
    ['aliases that would grow', skill(`a: &a [x]\nb: [*a, *a]\n${good}`), /is not YAML/],
    ['deep nesting', skill(`x: ${'['.repeat(4000)}${']'.repeat(4000)}\n${good}`), /front matter/],
    ['very long front matter', skill(`${good}\nx: ${'y'.repeat(9000)}`), /more than 8192 bytes/],
  ])('refuses %s, and says why', (_, text, reason) => {
    expect(() => parseSkill(text)).toThrow(reason)
  })

  it('refuses bytes that are no text, and characters that hide what a text says', () => {
    expect(() => decodeSkill(Buffer.from([0x2d, 0xff, 0xfe]))).toThrow(/not UTF-8/)
    for (const hidden of ['\u0000', '\u001b[2K', '\u202e', '\u0085']) {
      expect(() => decodeSkill(Buffer.from(`---\n${hidden}`))).toThrow(/control characters/)
    }
  })

  it('gives back what was written, whatever the words', () => {
    const words = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /\S/.test(text))
    fc.assert(
      fc.property(words, words, (description, body) => {
        const text = `---\n${stringify({ name: 'some-skill', description }, { lineWidth: 0 })}---\n\n${body}`
        const short = description.replace(/\s+/g, ' ').trim()
        fc.pre(short.length <= 1024 && Buffer.byteLength(text) < 8000)
        expect(parseSkill(text)).toMatchObject({ name: 'some-skill', description: short })
      }),
    )
  })

  it('throws nothing but a reason, whatever stands there', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (front) => {
        try {
          parseSkill(skill(front))
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_arguments' })
        }
      }),
    )
  })
})
