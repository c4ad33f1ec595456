import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePath, quotePath, splitPath } from '../../../src/host/files/path.ts'

const code = (text: string) => {
  try {
    parsePath(text, '/work')
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('parsePath', () => {
  it('starts relative paths and ~ in the workspace', () => {
    expect(parsePath('a/b.txt', '/work/space')).toEqual(['work', 'space', 'a', 'b.txt'])
    expect(parsePath('~/a', '/work')).toEqual(['work', 'a'])
    expect(parsePath('~', '/work')).toEqual(['work'])
    expect(parsePath('/etc//nixos/./x', '/work')).toEqual(['etc', 'nixos', 'x'])
  })

  it('keeps .., because its meaning depends on the links before it', () => {
    expect(parsePath('a/../b', '/work')).toEqual(['work', 'a', '..', 'b'])
  })

  it.each([
    '%2e%2e/etc/passwd',
    '..%2fetc',
    '%2E%2E%2Fetc',
    '%252e%252e/etc',
    'a%00b',
    'a%5c..',
    'a\0b',
    '..\u2215etc',
    '..\u2044etc',
    '\uff0e\uff0e\uff0fetc',
    '\u2024\u2024/etc',
    '\u2025/etc',
    '..%c0%afetc',
    '..%u2215etc',
    '\u3002\u3002/etc',
    'a/.\u00b7/b',
    '..\u2571etc',
    '..\u29f8etc',
    '..\\..\\etc\\passwd',
    'a/..\\b',
  ])('refuses the disguised path %j with path_outside_roots', (path) => {
    expect(code(path)).toBe('path_outside_roots')
  })

  it.each(['', 'a\nb', 'a\u0007', 'x\u202etxt.exe', '\ud800', `/${'a/'.repeat(3000)}`, 'n'.repeat(256), '~root/x'])(
    'refuses the unusable path %j with path_invalid',
    (path) => {
      expect(code(path)).toBe('path_invalid')
    },
  )

  it.each([
    '100%.txt',
    '50%25',
    'dev-disk-by\\x2duuid.device',
    'größe.txt',
    '日本.txt',
    '終わり。.txt',
    'Mot·maig',
    'more….txt',
    '...',
    'a b',
    '~notes'.slice(1),
  ])('accepts the ordinary name %j', (path) => {
    expect(code(path)).toBe('accepted')
  })

  it('never yields an empty name, a dot, a slash or a NUL, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let components: string[]
        try {
          components = parsePath(text, '/work')
        } catch {
          return true
        }
        return components.every((name) => name !== '' && name !== '.' && !/[/\0]/.test(name))
      }),
    )
  })
})

describe('quotePath', () => {
  it('shows what would otherwise reorder or break a sentence', () => {
    expect(quotePath('a\u202eb')).toBe('"a\\u202eb"')
    expect(quotePath('a\nb')).toBe('"a\\nb"')
    expect(quotePath('x'.repeat(500)).length).toBeLessThan(210)
  })
})

describe('splitPath', () => {
  it('drops empty names and dots', () => {
    expect(splitPath('//a/./b/')).toEqual(['a', 'b'])
  })
})
