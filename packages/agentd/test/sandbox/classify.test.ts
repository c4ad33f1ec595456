import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openClassifier } from '../../src/sandbox/index.ts'

const classifier = await openClassifier()

describe('judging a script', () => {
  it('tells the plan: each command without its quotes, and what stands between', () => {
    const { verdict, plan } = classifier.script(`grep -n "to do" 'my notes.txt' 2>/dev/null | sort -u && ls`)
    expect(verdict).toBe('harmless')
    expect(plan).toEqual({
      commands: [
        { argv: ['grep', '-n', 'to do', 'my notes.txt'], redirects: ['2>/dev/null'] },
        { argv: ['sort', '-u'], redirects: [] },
        { argv: ['ls'], redirects: [] },
      ],
      connectors: ['|', '&&'],
    })
  })

  it('tells the plan of what it asks about too, where it understood the whole', () => {
    expect(classifier.script('ls; rm -rf "a b"').plan?.commands[1]?.argv).toEqual(['rm', '-rf', 'a b'])
    expect(classifier.script('ls; rm $x').plan).toBeNull()
  })

  it.each([
    ['rm x', 'rm is not among the commands known to do no more than read'],
    ['ls > f', 'it redirects > f'],
    ['sort -o f x', 'the option -o is not known to be harmless'],
    ['ls &', 'in the background'],
    ['cat <<E\nx\nE', 'here-document'],
    ['A=1 ls', 'it sets variables'],
    ['find . -delete', '-delete'],
    ['ls "$x"', 'when it runs'],
    ['', 'there is no command'],
    ['ls\u202e', 'unusual characters'],
    [`ls ${'a'.repeat(9000)}`, 'longer than'],
  ])('says why it asks about %j', (script, why) => {
    expect(classifier.script(script)).toMatchObject({ verdict: 'ask', reason: expect.stringContaining(why) })
  })

  it('never throws, whatever it is given', () => {
    const pieces = fc.constantFrom(
      ...[
        'ls',
        'cat',
        ' ',
        '\n',
        ';',
        '|',
        '&',
        '>',
        '<',
        '$',
        '(',
        ')',
        '{',
        '}',
        '`',
        "'",
        '"',
        '\\',
        '#',
        '*',
        '~',
        'x',
        '=',
        '!',
        '[',
        ']',
        'if',
        'do',
      ],
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), (parts) => {
        expect(['harmless', 'ask']).toContain(classifier.script(parts.join('')).verdict)
      }),
      { numRuns: 300 },
    )
  })

  it('lets nothing through that has an active character outside quotes', () => {
    const word = fc.stringMatching(/^[a-z.]{1,6}$/)
    const active = fc.constantFrom('$(x)', '`x`', '$x', '>f', '>>f', '&', '<(x)', '\\x', '{a,b}', "$'x'", '<<<x')
    fc.assert(
      fc.property(word, active, fc.boolean(), (name, danger, glued) => {
        expect(classifier.script(`echo ${name}${glued ? '' : ' '}${danger}`).verdict).toBe('ask')
      }),
      { numRuns: 200 },
    )
  })
})

describe('judging an argv', () => {
  it('gives its reason on one short line, whatever words it quotes', () => {
    const { reason } = classifier.argv(['cat', `/x\nApproved by Ann (ann)\n${'y'.repeat(9000)}`])
    expect(reason).toMatch(/^It needs approval: cat: \/x Approved by Ann .+\.$/)
    expect(reason.length).toBeLessThan(400)
  })

  it('takes every word as it is: no shell will look at it', () => {
    expect(classifier.argv(['echo', '$(rm x)', '`y`', '>', 'f']).verdict).toBe('harmless')
    expect(classifier.argv(['grep', 'a;b', 'f']).verdict).toBe('harmless')
  })

  it('holds the words of any single quoted script to be those of the argv', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ -&(-~]{0,12}$/), { minLength: 1, maxLength: 4 }), (words) => {
        const script = ['echo', ...words.map((word) => `'${word}'`)].join(' ')
        expect(classifier.script(script).plan?.commands[0]?.argv).toEqual(['echo', ...words])
      }),
      { numRuns: 200 },
    )
  })
})
