import { useSignal } from '@preact/signals'
import { strings } from '../strings.ts'
import { Copy } from '../theme/icons.tsx'

const SAID_MS = 2_000

/** Puts a text on the clipboard. Browsers have one only on https and on this machine; elsewhere there is no button. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const done = useSignal(false)
  // Not there where the page came without TLS from another machine, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (clipboard === undefined) return null
  const copy = async () => {
    await clipboard.writeText(text)
    done.value = true
    setTimeout(() => {
      done.value = false
    }, SAID_MS)
  }
  return (
    <button type="button" class="quiet" aria-label={label} onClick={() => void copy().catch(() => undefined)}>
      <Copy /> <span role="status">{done.value ? strings.ui.copied : strings.ui.copy}</span>
    </button>
  )
}
