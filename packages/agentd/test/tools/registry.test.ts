import { describeTool } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { tools } from '../../src/tools/index.ts'

describe('the registry', () => {
  it('names each tool once', () => {
    const names = tools.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(tools.map((tool) => [tool.name, tool] as const))('%s describes itself in full', (_, tool) => {
    const descriptor = describeTool(tool as never)
    expect(descriptor.description.length).toBeGreaterThan(40)
    expect(descriptor.description.length).toBeLessThan(320)
    expect(descriptor.inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(descriptor.outputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    const inputs = Object.values((descriptor.inputSchema.properties ?? {}) as Record<string, { description?: string }>)
    for (const input of inputs) expect(input.description).toBeTruthy()
  })

  it.each(tools.map((tool) => [tool.name, tool] as const))(
    '%s says how it is undone only if it changes something, and can do it',
    (_, tool) => {
      if (tool.effect === 'read') expect(tool.undo).toBe('none')
      if (tool.undo === 'inverse' && tool.name !== 'undo_apply') expect(tool.revert).toBeTypeOf('function')
    },
  )
})
