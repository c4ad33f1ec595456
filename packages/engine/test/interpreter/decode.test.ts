import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InterpreterModel } from '../../src/interpreter/model.ts'
import { writeSyntheticInterpreter } from '../support/synthetic-interpreter.ts'
import { writeSyntheticModel } from '../support/synthetic-model.ts'
import { tempFolder } from '../support/temp.ts'
import { catalogue } from '../support/tools.ts'

const folder = tempFolder()
const never = new AbortController().signal
const models: InterpreterModel[] = []

async function loaded(name: string, chain: Parameters<typeof writeSyntheticInterpreter>[1]['chain'], seed = 1) {
  const path = join(folder, `${name}.gguf`)
  writeSyntheticInterpreter(path, { tools: catalogue, seed, ...(chain === undefined ? {} : { chain }) })
  const model = await InterpreterModel.load(path, 1)
  models.push(model)
  return model
}

afterAll(async () => {
  for (const model of models) await model.dispose()
})

describe('an answer', () => {
  it('is the call the model chooses, with values from the request', async () => {
    const model = await loaded('chosen', {
      '<|call|>': { '<|tool:file_edit|>': 1 },
      '<|tool:file_edit|>': { '<|arg:path|>': 1 },
      '<|arg:path|>': { '/': 1 },
      '/': { a: 1 },
      a: { '<|arg:find|>': 1 },
      '<|arg:find|>': { x: 1 },
      x: { '<|arg:replace|>': 1 },
      '<|arg:replace|>': { y: 1 },
      y: { '<|end|>': 1 },
    })
    const [first] = await model.rank('in /a change x to y', catalogue, never)
    expect(first).toMatchObject({ tool: 'file_edit', args: { path: '/a', find: 'x', replace: 'y' } })
    expect(first?.probability).toBeGreaterThan(0.99)
  })

  it('has numbers that stand in the request, as digits or as words', async () => {
    const model = await loaded('numbers', {
      '<|call|>': { '<|tool:process_list|>': 1 },
      '<|tool:process_list|>': { '<|arg:limit|>': 1 },
    })
    for (const [text, limit] of [
      ['show 25 processes', 25],
      ['the top ten processes', 10],
    ] as const) {
      const [first] = await model.rank(text, catalogue, never)
      expect(first).toMatchObject({ tool: 'process_list', args: { limit } })
    }
    const [without] = await model.rank('the top processes', catalogue, never)
    expect(without?.args).not.toHaveProperty('limit')
  })

  it('takes the second place for the second argument when a word stands twice', async () => {
    const model = await loaded('twice', {
      '<|call|>': { '<|tool:file_edit|>': 1 },
      '<|tool:file_edit|>': { '<|arg:find|>': 1 },
      '<|arg:find|>': { q: 1 },
      q: { '<|arg:replace|>': 1, '<|end|>': 0.5 },
      '<|arg:replace|>': { q: 1 },
    })
    const [first] = await model.rank('q to "q r"', catalogue, never)
    // The first q stands alone, the second one is the beginning of what is quoted.
    expect(first).toMatchObject({ args: { find: 'q', replace: 'q r' } })
  })

  it('names no tool that is not on offer', async () => {
    const model = await loaded('offer', { '<|call|>': { '<|tool:file_delete|>': 1 } })
    const offered = catalogue.filter(({ name }) => name !== 'file_delete')
    const ranked = await model.rank('delete notes.txt', offered, never)
    expect(ranked.map(({ tool }) => tool)).not.toContain('file_delete')
  })

  describe('of pure noise', () => {
    let noise: InterpreterModel
    beforeAll(async () => {
      noise = await loaded('noise', undefined, 7)
    })

    it('never has an argument that the request does not hold', async () => {
      const tools = new Map(catalogue.map((tool) => [tool.name as string, tool]))
      const words = fc.stringMatching(/^[a-z0-9 ./_"'-]{1,40}$/)
      await fc.assert(
        fc.asyncProperty(fc.oneof(words, fc.string({ unit: 'grapheme', maxLength: 30 })), async (text) => {
          for (const { tool, args } of await noise.rank(text, catalogue, never)) {
            if (tool === null) continue
            for (const [name, value] of Object.entries(args)) {
              const properties = tools.get(tool)?.inputSchema.properties as Record<string, { enum?: unknown[] }>
              expect(properties).toHaveProperty(name)
              const listed = properties[name]?.enum
              if (listed !== undefined) expect(listed).toContain(value)
              else if (typeof value === 'number')
                expect(text).toMatch(/\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen/i)
              else expect(text).toContain(value)
            }
          }
        }),
        { numRuns: 60 },
      )
    })
  })

  it('has a confidence between 0 and 1, whatever the model says', async () => {
    const model = await loaded('certain', {
      '<|call|>': { '<|tool:file_delete|>': 1, '<|tool:file_edit|>': 1 },
      '<|tool:file_delete|>': { '<|arg:path|>': 1 },
      '<|arg:path|>': { q: 1 },
    })
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z "'.]{1,30}$/), async (text) => {
        const outcome = await model.interpret([{ role: 'user', text }], catalogue, never)
        const calls = outcome.kind === 'calls' ? outcome.calls : outcome.kind === 'choices' ? outcome.choices : []
        for (const { confidence } of calls) {
          expect(confidence).toBeGreaterThanOrEqual(0)
          expect(confidence).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('is refused for a request that is too long', async () => {
    const model = await loaded('long', {})
    await expect(model.rank('x'.repeat(400), catalogue, never)).rejects.toMatchObject({ code: 'context_full' })
  })

  it('stops when it is cancelled', async () => {
    const model = await loaded('cancelled', {})
    await expect(model.rank('anything', catalogue, AbortSignal.abort())).rejects.toThrow()
    await expect(model.rank('anything', catalogue, never)).resolves.toHaveLength(4)
  })
})

describe('an interpreter file', () => {
  it('of another format is refused', async () => {
    const path = join(folder, 'format.gguf')
    writeSyntheticModel(path, {
      metadata: { 'castellan.kind': { text: 'interpreter' }, 'castellan.format': { u32: 4 } },
    })
    await expect(InterpreterModel.load(path, 1)).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringMatching(/format 4.*reads 1, 2, 3/),
    })
  })
})
