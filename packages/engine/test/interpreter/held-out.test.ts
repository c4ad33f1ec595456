import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

interface Figure {
  readonly hits: number
  readonly of: number
  readonly share: number
}

interface Figures {
  readonly requests: number
  readonly rightTool: Figure
  readonly amongThree: Figure
  readonly exact: Figure
  readonly actedWrongly: Figure
  readonly nothingCalled: Figure
}

/** Minutes on two busy cores: every request goes through the engine's whole pipeline twice. */
const TIMEOUT_MS = 900_000

// The model card's figures, made anew from the shipped file; the bars are what the product promises.
test(
  'the shipped model keeps its promises on requests it was not trained on',
  async () => {
    const script = fileURLToPath(new URL('../../../../models/interpreter/evaluate.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', script, '--json'])
    const figures = JSON.parse(stdout) as Figures
    expect(figures.requests).toBeGreaterThan(1700)
    expect(figures.rightTool.share).toBeGreaterThanOrEqual(0.85)
    expect(figures.amongThree.share).toBeGreaterThanOrEqual(0.95)
    expect(figures.exact.share).toBeGreaterThanOrEqual(0.8)
    expect(figures.actedWrongly.share).toBeLessThanOrEqual(0.05)
    expect(figures.nothingCalled.share).toBeGreaterThanOrEqual(0.95)
  },
  TIMEOUT_MS,
)
