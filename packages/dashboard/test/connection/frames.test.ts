import { ServerFrame } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFrame } from '../../src/connection/frames.ts'
import { aTurn } from '../support/frames.ts'

test('every frame of the contracts is understood', () => {
  const frames: ServerFrame[] = [
    { type: 'status', state: 'ready' },
    { type: 'backpressure_pause' },
    { type: 'backpressure_resume', dropped_frames: 3 },
  ]
  for (const frame of frames) expect(readFrame(JSON.stringify(ServerFrame.parse(frame)))).toEqual(frame)
  fc.assert(
    fc.property(aTurn, (turn) => {
      for (const frame of turn) expect(readFrame(JSON.stringify(frame))).toEqual(ServerFrame.parse(frame))
    }),
  )
  const known = ServerFrame.options.map((option) => option.shape.type.value)
  for (const type of known) expect(() => readFrame(JSON.stringify({ type }))).not.toThrow()
})

describe('what is not a frame is passed over', () => {
  test.each([
    ['not JSON', '{'],
    ['no object', '3'],
    ['null', 'null'],
    ['an unknown type', '{"type":"video"}'],
    ['a type every object has', '{"type":"constructor"}'],
    ['a missing field', '{"type":"text"}'],
    ['a field of another type', '{"type":"text","text":3}'],
    ['null for an object', '{"type":"tool_use","call_id":"c","name":"n","args":null}'],
  ])('%s', (_what, data) => {
    expect(readFrame(data)).toBeNull()
  })

  test('binary', () => {
    expect(readFrame(new ArrayBuffer(2))).toBeNull()
  })
})
