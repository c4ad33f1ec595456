import { CapabilityRights, type ToolResource } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refuseOutside, widened } from '../../src/sessions/rights.ts'

/** Few names, so that what is generated often lies inside one another. */
const names = ['a', 'b', 'ab']
const path = fc.array(fc.constantFrom(...names), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
const host = fc
  .tuple(fc.boolean(), fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }))
  .map(([below, parts]) => `${below ? '*.' : ''}${parts.join('.')}`)
const tool = fc.constantFrom('file_read', 'file_write', 'http_check')
const rights = fc
  .record({
    tools: fc.uniqueArray(tool, { minLength: 1 }),
    readable: fc.array(path, { maxLength: 3 }),
    writable: fc.array(path, { maxLength: 2 }),
    hosts: fc.array(host, { maxLength: 3 }),
  })
  .map((value) => CapabilityRights.parse(value))
const resource = fc.oneof(
  fc.record({
    kind: fc.constant('path' as const),
    id: path,
    access: fc.constantFrom('read' as const, 'write' as const),
  }),
  fc.record({
    kind: fc.constant('host' as const),
    id: host.map((name) => name.replace('*.', '')),
    access: fc.constant('read' as const),
  }),
)

function allows(given: CapabilityRights, name: string, about: readonly ToolResource[]): boolean {
  try {
    refuseOutside(given, name as CapabilityRights['tools'][number], about)
    return true
  } catch {
    return false
  }
}

test('however long a chain of capabilities is, its end allows nothing that any link before it does not', () => {
  fc.assert(
    fc.property(
      fc.array(rights, { minLength: 2, maxLength: 8 }),
      tool,
      fc.array(resource, { maxLength: 3 }),
      (wanted, name, about) => {
        // What minting does: a link that would widen the one before it is never made.
        const chain: CapabilityRights[] = []
        for (const link of wanted) {
          const parent = chain.at(-1)
          if (parent === undefined || widened(parent, link).length === 0) chain.push(link)
        }
        const end = chain.at(-1) as CapabilityRights
        if (allows(end, name, about)) for (const link of chain) expect(allows(link, name, about)).toBe(true)
      },
    ),
    { numRuns: 3000 },
  )
})

test('what widens is found: a call that the child allows and the parent does not means that minting was refused', () => {
  fc.assert(
    fc.property(rights, rights, tool, resource, (parent, child, name, about) => {
      if (allows(child, name, [about]) && !allows(parent, name, [about])) expect(widened(parent, child)).not.toEqual([])
    }),
    { numRuns: 3000 },
  )
})

test('every capability can be handed on as it is', () => {
  fc.assert(
    fc.property(rights, (same) => {
      expect(widened(same, same)).toEqual([])
    }),
  )
})
