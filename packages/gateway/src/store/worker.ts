import { parentPort, workerData } from 'node:worker_threads'
import { ConversationBook } from '../conversations/book.ts'
import { InsightBook } from '../insights/book.ts'
import { DecisionBook } from '../replay/book.ts'
import { faultOf } from './fault.ts'
import type { Answer, Question, StorePlaces } from './protocol.ts'

/**
 * The databases in a thread of their own, one act at a time: waiting for a disk or looking through years of conversations holds up
 * no socket. A database that cannot be opened refuses everything with the reason; the others go on.
 */
const places = workerData as StorePlaces
const stores = {
  conversations: opened(() => new ConversationBook(places.conversations.path, places.conversations.key)),
  insights: opened(() => new InsightBook(places.insights.path, places.insights.key, places.insights.limits)),
  decisions: opened(() => new DecisionBook(places.decisions.path, places.decisions.key, places.decisions.limits)),
}
places.conversations.key.fill(0)
places.insights.key.fill(0)
places.decisions.key.fill(0)

parentPort?.on('message', ({ id, store, method, args }: Question) => {
  parentPort?.postMessage(answer(id, store, method, args))
})

function answer(id: number, name: Question['store'], method: string, args: readonly unknown[]): Answer {
  try {
    const store = stores[name]() as unknown as Record<string, (...args: readonly unknown[]) => unknown>
    return { id, value: store[method]?.(...args) }
  } catch (error) {
    const { code, message } = faultOf(error)
    return { id, fault: { code, message } }
  }
}

function opened<Store>(open: () => Store): () => Store {
  try {
    const store = open()
    return () => store
  } catch (error) {
    return () => {
      throw error
    }
  }
}
