import { type ReadonlySignal, signal } from '@preact/signals'

/** The time in milliseconds since 1970, a new one each second for as long as something on the page shows it. */
export function createClock(): ReadonlySignal<number> {
  let timer: ReturnType<typeof setInterval> | undefined
  const now = signal(Date.now(), {
    watched() {
      now.value = Date.now()
      timer = setInterval(() => {
        now.value = Date.now()
      }, 1000)
    },
    unwatched: () => clearInterval(timer),
  })
  return now
}
