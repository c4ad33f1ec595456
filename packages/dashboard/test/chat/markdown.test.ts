import { describe, expect, test } from 'vitest'
import { decodeEntities, readMarkdown, safeTarget, saysTarget } from '../../src/chat/markdown.ts'

describe('links', () => {
  test.each(['https://example.org/a', 'http://127.0.0.1:18789/', 'mailto:a@example.org'])(
    'to %s are followed',
    (href) => {
      expect(safeTarget(href)).toBe(href)
    },
  )

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://example.org/1',
    '/sign-out',
    '//example.org',
    '#code=x',
    '',
  ])('to %j are not', (href) => {
    expect(safeTarget(href)).toBeNull()
  })

  test('show where they lead unless their text says it', () => {
    expect(saysTarget({ text: 'https://example.org/', href: 'https://example.org' })).toBe(true)
    expect(saysTarget({ text: 'example.org', href: 'https://example.org' })).toBe(true)
    expect(saysTarget({ text: 'https://good.example', href: 'https://bad.example' })).toBe(false)
  })
})

test('lines that were broken stay broken', () => {
  const [paragraph] = readMarkdown('gateway: up\nengine: ready')
  const tokens = paragraph !== undefined && 'tokens' in paragraph ? (paragraph.tokens ?? []) : []
  expect(tokens.map(({ type }) => type)).toEqual(['text', 'br', 'text'])
})

test('character references become characters, and nothing more', () => {
  expect(decodeEntities('a &amp; b &lt;i&gt; &#39; &#x27; &nope; &#0; &amp;lt;')).toBe(
    "a & b <i> ' ' &nope; \ufffd &lt;",
  )
})
