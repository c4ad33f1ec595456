import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact } from '../../src/insights/redact.ts'
import { redactAnswer } from '../../src/insights/streamed.ts'

const B = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde'

const secrets: readonly string[] = [
  `cst_${B.slice(0, 43)}`,
  `sk-ant-api03-${B}`,
  `sk-or-v1-${B}`,
  `ghp_${'a1B2'.repeat(9)}`,
  `github_pat_${'a1B2'.repeat(9)}`,
  `glpat-${'a1B2'.repeat(6)}`,
  'xoxb-1234567890-abcdefghij',
  'AKIAIOSFODNN7EXAMPLE',
  `AIza${'a1B2c'.repeat(7)}`,
  `AGE-SECRET-KEY-1${'Q'.repeat(58)}`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'x'.repeat(30)}`,
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\n-----END PRIVATE KEY-----',
]

test.each(secrets)('%s is taken out, wherever it stands', (secret) => {
  for (const text of [
    secret,
    `a ${secret} b`,
    JSON.stringify({ text: `key: ${secret}` }),
    `"${secret}"`,
    `\n${secret},`,
  ]) {
    const clean = redact(text)
    expect(clean.text).not.toContain(secret.slice(12, 28))
    expect(clean.count).toBeGreaterThan(0)
  }
})

test.each([
  ['postgres://user:hunter2secret@db/x', 'hunter2secret'],
  ['password=correct-horse', 'correct-horse'],
  ['{"api_key":"abcdef123456"}', 'abcdef123456'],
  ['{\\"password\\": \\"abcdef123456\\"}', 'abcdef123456'],
  ['Authorization: Bearer abcdefghijklmnop1234', 'abcdefghijklmnop1234'],
  ['--secret: topsecretvalue', 'topsecretvalue'],
])('of %s the secret goes', (text, secret) => {
  expect(redact(text).text).not.toContain(secret)
})

test('what is no secret stays', () => {
  const text =
    'The disk /dev/sk-1 is 42 % full; sha256 e3b0c44298fc1c149afbf4c8996fb924; see https://example.org/a?b=c@d.'
  expect(redact(text)).toEqual({ text, count: 0 })
})

test.each([`cst_${B.slice(0, 43)}`, `sk-ant-api03-${B}`])(
  '%s that came in pieces is taken out of a stream of events, and the rest stays',
  (secret) => {
    const cuts = fc.array(fc.nat(secret.length - 1), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(cuts, (points) => {
        const ends = [...new Set([...points, secret.length])].sort((a, b) => a - b)
        const pieces = ends.map((end, at) => secret.slice(ends[at - 1] ?? 0, end)).filter((piece) => piece !== '')
        const deltas = ['It is ', ...pieces, ' as you said.']
        const body = deltas
          .map((content) => `data: ${JSON.stringify({ id: 'x', choices: [{ delta: { content } }] })}\n\n`)
          .join('')
        const clean = redactAnswer(`${body}data: [DONE]\n\n`)
        const read = clean.text
          .split('\n')
          .filter((line) => line.startsWith('data: {'))
          .map((line) => JSON.parse(line.slice(6)).choices[0].delta.content)
          .join('')
        expect(read).toBe('It is [secret] as you said.')
        expect(clean.count).toBe(1)
        expect(clean.text).toContain('[DONE]')
      }),
    )
  },
)
