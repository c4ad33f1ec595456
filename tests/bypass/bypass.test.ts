import { describe, expect, it } from 'vitest'
import { openClassifier } from '../../packages/agentd/src/sandbox/index.ts'
import { readCorpus, type Specimen } from './corpus.ts'

const classifier = await openClassifier()
const judge = (specimen: Specimen) =>
  'argv' in specimen ? classifier.argv(specimen.argv) : classifier.script(specimen.script)

describe('the bypass corpus', () => {
  const asked = readCorpus('asked.txt')
  const harmless = readCorpus('harmless.txt')

  it('is as large as it should be', () => {
    expect(new Set(asked.map(({ line }) => line)).size).toBeGreaterThanOrEqual(300)
    expect(new Set(harmless.map(({ line }) => line)).size).toBeGreaterThanOrEqual(150)
  })

  it('has no line that would run without approval', () => {
    expect(asked.filter((specimen) => judge(specimen).verdict !== 'ask').map(({ line }) => line)).toEqual([])
  })

  it('gives a reason for every question, as one sentence', () => {
    for (const specimen of asked) expect(judge(specimen).reason).toMatch(/^It needs approval: .+\.$/s)
  })

  it('asks for none of at least nine in ten everyday lines', () => {
    const questions = harmless.filter((specimen) => judge(specimen).verdict === 'ask').map(({ line }) => line)
    expect(questions.length, questions.join('\n')).toBeLessThanOrEqual(harmless.length / 10)
  })

  it.each([';', '&&', '||', '|', '|&', '\n', '&'])(
    'never lets a line through for standing before or after %j',
    (connector) => {
      const scripts = harmless.flatMap((specimen) => ('script' in specimen ? [specimen.script] : []))
      for (const script of scripts) {
        expect(classifier.script(`${script}${connector} rm -rf x`).verdict, script).toBe('ask')
        expect(classifier.script(`rm -rf x${connector} ${script}`).verdict, script).toBe('ask')
      }
    },
  )
})
