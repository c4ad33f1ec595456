import type { CallAnswer, CallLine, ToolProgress } from '@castellan/contracts'
import { CastellanError } from '@castellan/contracts'

/**
 * A call as lines: its progress while it runs, then its answer. A client that reads slowly gets the newest progress and
 * not every one. Throws what the call throws as long as nothing was said yet: then it is an ordinary refusal.
 */
export async function* callLines(
  make: (onProgress: (progress: ToolProgress) => void) => Promise<CallAnswer>,
): AsyncGenerator<CallLine, void, void> {
  let latest: ToolProgress | undefined
  let news = Promise.withResolvers<void>()
  const answer = make((progress) => {
    latest = progress
    news.resolve()
  })
  const ended = answer.then(
    () => true,
    () => true,
  )
  let spoken = false
  while (!(await Promise.race([ended, news.promise.then(() => false)]))) {
    news = Promise.withResolvers()
    if (latest === undefined) continue
    const progress = latest
    latest = undefined
    spoken = true
    yield { progress }
  }
  try {
    yield { answer: await answer }
  } catch (error) {
    if (!spoken || !(error instanceof CastellanError)) throw error
    yield { error: error.toEnvelope() }
  }
}
