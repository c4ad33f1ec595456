import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LateLook } from '../../src/insights/late-look.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Finds something at the look with that number, counted from 1. */
function looking(foundAt: number) {
  let looks = 0
  const late = new LateLook(async () => {
    looks += 1
    return looks >= foundAt
  })
  return { late, looks: () => looks }
}

test('it looks again until something is found, and no more then', async () => {
  const { late, looks } = looking(3)
  late.begin()
  await vi.advanceTimersByTimeAsync(200)
  expect(looks()).toBe(0)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks()).toBe(3)
})

test('it gives up after a few looks, until something else is told', async () => {
  const { late, looks } = looking(Number.POSITIVE_INFINITY)
  late.begin()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(looks()).toBe(4)
  late.begin()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(looks()).toBe(8)
})

test('much news at once is one look, and none after it was closed', async () => {
  const { late, looks } = looking(1)
  for (let told = 0; told < 50; told++) late.begin()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(looks()).toBe(1)
  late.begin()
  late.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks()).toBe(1)
})
