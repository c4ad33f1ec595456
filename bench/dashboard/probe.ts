import type { Page } from 'playwright-core'

/** Shortest event that the browser tells of, in milliseconds (Event Timing, W3C). */
const SHORTEST = 16

interface Probe {
  readonly frames: number[]
  readonly long: number[]
  readonly durations: Map<number, number>
}
declare const probe: Probe

/** Begins to note, in the page: how long each frame took, tasks above 50 ms, and for each key and click the time to the next paint. */
export async function startProbe(page: Page): Promise<void> {
  await page.evaluate((shortest) => {
    const noted = { frames: [] as number[], long: [] as number[], durations: new Map<number, number>() }
    Object.assign(window, { probe: noted })
    let before = performance.now()
    const frame = (now: number) => {
      noted.frames.push(now - before)
      before = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) noted.long.push(duration)
    }).observe({ type: 'longtask' })
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries() as PerformanceEventTiming[]) {
        if (interactionId === 0) continue
        noted.durations.set(interactionId, Math.max(noted.durations.get(interactionId) ?? 0, duration))
      }
    }).observe({ type: 'event', durationThreshold: shortest } as PerformanceObserverInit)
  }, SHORTEST)
}

/** Forgets what was noted so far. */
export function clearProbe(page: Page): Promise<void> {
  return page.evaluate(() => {
    probe.frames.length = 0
    probe.long.length = 0
    probe.durations.clear()
  })
}

export interface Frames {
  /** Share of frames that took longer than so many milliseconds. */
  readonly over: (ms: number) => number
  readonly worst: number
  /** Milliseconds spent in tasks above 50 ms. */
  readonly longTasks: number
}

export async function framesOf(page: Page): Promise<Frames> {
  const { frames, long } = await page.evaluate(() => ({ frames: [...probe.frames], long: [...probe.long] }))
  return {
    over: (ms) => frames.filter((length) => length > ms).length / frames.length,
    worst: Math.max(...frames),
    longTasks: long.reduce((sum, length) => sum + length, 0),
  }
}

/** Milliseconds to the next paint for each of `made` keys and clicks; what the browser does not tell of was shorter than it tells. */
export async function paints(page: Page, made: number): Promise<number[]> {
  // Events are told of once the frame after them was drawn.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200))))
  const told = await page.evaluate(() => [...probe.durations.values()])
  return [...told, ...Array.from({ length: Math.max(0, made - told.length) }, () => SHORTEST)]
}
