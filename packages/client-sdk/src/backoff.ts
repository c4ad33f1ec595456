/** How long to wait before try number `tries` + 1, in milliseconds: anything up to a bound that doubles from `firstMs`. */
export function backoff(tries: number, firstMs = 250, longestMs = 15_000): number {
  return Math.random() * Math.min(longestMs, firstMs * 2 ** tries)
}

/** Resolves after so long; rejects with the signal's reason when that is aborted before. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
