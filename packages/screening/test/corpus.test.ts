import { describe, expect, it } from 'vitest'
import { screen } from '../src/index.ts'
import { benign } from './corpus/benign.ts'
import { foreignInjections, hiddenInjections, plainInjections } from './corpus/injections.ts'

const injections = [...plainInjections, ...foreignInjections, ...hiddenInjections]

function isInjection(text: string): boolean {
  return screen(text).verdict === 'injection'
}

describe('the corpus of injections and look-alikes', () => {
  const caught = injections.filter(isInjection)
  const alarms = benign.filter(isInjection)
  const recall = caught.length / injections.length
  const precision = caught.length / (caught.length + alarms.length)

  it('is large enough to say something, and no text is in it twice', () => {
    expect(injections.length).toBeGreaterThanOrEqual(150)
    expect(benign.length).toBeGreaterThanOrEqual(150)
    expect(new Set([...injections, ...benign]).size).toBe(injections.length + benign.length)
  })

  it('is told apart with a recall and a precision of at least nine in ten', () => {
    const figures = `recall ${recall.toFixed(3)} (${caught.length} of ${injections.length}), precision ${precision.toFixed(3)} (${alarms.length} false alarms in ${benign.length})`
    console.log(`screening: ${figures}`)
    if (process.env.CASTELLAN_SCREENING_SHOW === '1') {
      for (const text of injections.filter((one) => !isInjection(one)))
        console.log('MISS ', screen(text).score, JSON.stringify(text))
      for (const text of alarms)
        console.log('ALARM', screen(text).score, JSON.stringify(text), JSON.stringify(screen(text).marks))
    }
    expect(recall, figures).toBeGreaterThanOrEqual(0.9)
    expect(precision, figures).toBeGreaterThanOrEqual(0.9)
  })
})
