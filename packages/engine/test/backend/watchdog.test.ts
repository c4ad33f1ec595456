import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Watchdog } from '../../src/backend/watchdog.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the watchdog', () => {
  it('speaks up once, when nothing was heard for as long as it was told', () => {
    const onStall = vi.fn()
    const watchdog = new Watchdog(onStall)
    watchdog.watch(1000)
    vi.advanceTimersByTime(900)
    watchdog.heard()
    vi.advanceTimersByTime(900)
    expect(onStall).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10_000)
    expect(onStall).toHaveBeenCalledTimes(1)
  })

  it('sleeps while nothing is expected', () => {
    const onStall = vi.fn()
    const watchdog = new Watchdog(onStall)
    watchdog.heard()
    watchdog.watch(1000)
    watchdog.rest()
    watchdog.heard()
    vi.advanceTimersByTime(10_000)
    expect(onStall).not.toHaveBeenCalled()
  })

  it('goes by the limit it was told last', () => {
    const onStall = vi.fn()
    const watchdog = new Watchdog(onStall)
    watchdog.watch(100_000)
    watchdog.watch(1000)
    vi.advanceTimersByTime(1500)
    expect(onStall).toHaveBeenCalledTimes(1)
  })
})
