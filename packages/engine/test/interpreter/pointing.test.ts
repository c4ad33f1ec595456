import { describe, expect, it } from 'vitest'
import type { PastCall } from '../../src/interpreter/conversation.ts'
import { nameWhatIsPointedAt } from '../../src/interpreter/pointing.ts'

const call = (args: Record<string, unknown>): PastCall => ({
  name: 'service_status',
  args,
  ok: true,
  result: {},
  ledgerIndex: 3,
})

describe('a request that points at what was named before', () => {
  it.each([
    ['restart it', 'restart nginx'],
    ['stop that service please', 'stop nginx please'],
    ['now reload it', 'now reload nginx'],
  ])('%j names it: %j', (text, named) => {
    expect(nameWhatIsPointedAt(text, [call({ path: '/old' }), call({ unit: 'nginx' }), call({})])).toEqual({
      text: named,
      thing: 'nginx',
    })
  })

  it.each(['is it up', 'it is slow, what now', "it's broken", 'how does it look', 'show the disks', 'its log'])(
    'is not %j',
    (text) => {
      expect(nameWhatIsPointedAt(text, [call({ unit: 'nginx' })])).toBeUndefined()
    },
  )

  it('points at nothing where nothing was named', () => {
    expect(nameWhatIsPointedAt('restart it', [call({})])).toBeUndefined()
  })
})
