import { useSignal } from '@preact/signals'
import { tokens as words } from '../strings/tokens.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import type { MadeSecret } from './tokens-section.tsx'

export interface SecretOnceProps {
  readonly secret: MadeSecret
  readonly close: () => void
}

/** A secret that is shown this once. A slip of Escape does not lose it: only the second one closes. */
export function SecretOnce({ secret: { name, token }, close }: SecretOnceProps) {
  const warned = useSignal(false)
  const leave = () => {
    if (warned.value) close()
    else warned.value = true
  }
  return (
    <Dialog title={words.secretTitle(name)} close={leave}>
      <p class="note">{words.secretLead}</p>
      <p class="secret">
        <code>{token}</code>
        <CopyButton text={token} label={words.secretCopy} />
      </p>
      {warned.value && (
        <p class="problem" role="alert">
          {words.secretWarned}
        </p>
      )}
      <p class="note">
        {words.secretUse} <code>{words.secretHeader}</code>
      </p>
      <div class="dialog-acts">
        <button type="button" class="primary" onClick={close}>
          {words.secretKept}
        </button>
      </div>
    </Dialog>
  )
}
