import type { ErrorEnvelope } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../src/backend/backend.ts'
import { Slots } from '../src/queue/slots.ts'
import { switchBackend } from '../src/switch.ts'

const log = createLogger({ name: 'test', level: 'error', file: '/dev/null' })
const { signal } = new AbortController()
const tooLarge: ErrorEnvelope = {
  code: 'model_too_large',
  message: 'It does not fit.',
  detail: { need: { total: 900 }, available: { bytes: 500 } },
}

interface Made extends Backend {
  readonly told: string[]
}

/** A backend that does nothing but say what was done to it. */
function backend({
  resident = 0,
  error,
  quiet,
}: {
  resident?: number
  error?: ErrorEnvelope
  quiet?: Promise<void>
} = {}) {
  const told: string[] = []
  return {
    told,
    kind: 'llama.cpp',
    pid: undefined,
    state: () => ({
      state: error === undefined ? 'ready' : 'failed',
      loaded: true,
      model: null,
      error,
      network: 'none',
    }),
    load: async () => void told.push('load'),
    quiet: () => quiet ?? Promise.resolve(),
    unload: async (reason?: ErrorEnvelope) => void told.push(`unload ${reason?.code}`),
    report: async () => ({ resident }),
    stop: async (reason: ErrorEnvelope) => void told.push(`stop ${reason.code}`),
  } as unknown as Made
}

function change(old: Made, made: Made[], graceMs = 10) {
  const slots = new Slots(1, 1)
  const used: Backend[] = []
  const outcome = switchBackend({
    old,
    make: () => made.shift() as Made,
    slots,
    use: (next) => void used.push(next),
    signal,
    log,
    graceMs,
  })
  return { slots, used, outcome }
}

describe('a change of the model without memory for both', () => {
  it('lets the old one go first, and nobody begins meanwhile', async () => {
    const old = backend({ resident: 600 })
    const [beside, after] = [backend({ error: tooLarge }), backend()]
    const { outcome, used, slots } = change(old, [beside, after])
    expect(await outcome).toBe('after')
    expect(old.told).toEqual(['unload model_changed', 'stop model_changed'])
    expect(used).toEqual([after])
    const release = await slots.acquire({ priority: 'interactive' }, signal)
    release()
  })

  it('keeps the old one where the new one fails all the same', async () => {
    const old = backend({ resident: 600 })
    const invalid = { code: 'model_invalid', message: 'It is none.' }
    const { outcome, used } = change(old, [backend({ error: tooLarge }), backend({ error: invalid })])
    await expect(outcome).rejects.toMatchObject({ code: 'model_invalid' })
    expect(used).toEqual([])
    // Out of memory, not stopped: the next request brings it back.
    expect(old.told).toEqual(['unload model_changed'])
  })

  it('does not touch the old one where its memory would not be enough', async () => {
    const old = backend({ resident: 100 })
    const { outcome } = change(old, [backend({ error: tooLarge })])
    await expect(outcome).rejects.toMatchObject({ code: 'model_too_large' })
    expect(old.told).toEqual([])
  })

  it('does not wait for an answer without end', async () => {
    const old = backend({ resident: 600, quiet: new Promise(() => undefined) })
    const { outcome } = change(old, [backend({ error: tooLarge }), backend()])
    expect(await outcome).toBe('after')
    expect(old.told[0]).toBe('unload model_changed')
  })
})
