import { usePage } from '../page.ts'
import { readAttachment, withFiles } from './attach.ts'
import type { Chat } from './chat.ts'

/** Attaches files to the message that is being typed; says why where one cannot be. */
export function useFiles(chat: Chat): (files: Iterable<File>) => Promise<void> {
  const { toasts } = usePage()
  return async (files) => {
    // A list of the browser's own is emptied once its event is over.
    for (const file of [...files]) {
      try {
        const read = await readAttachment(file)
        chat.attached.value = withFiles(chat.attached.peek(), [read])
      } catch (error) {
        toasts.bad(error instanceof Error ? error.message : String(error))
      }
    }
  }
}
