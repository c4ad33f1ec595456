import type { importCredentials } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useSigned } from '../page.ts'
import { exports as words } from '../strings/exports.ts'
import { Dialog } from '../ui/dialog.tsx'

/** Largest file that the gateway takes, in bytes. */
const MOST_BYTES = 900_000

export interface ImportCredentialsProps {
  readonly changed: () => void
  readonly close: () => void
}

interface Chosen {
  readonly name: string
  readonly text: string
}

/** Takes in an export: all of it or nothing. What is here already stays as it is, and is counted. */
export function ImportCredentials({ changed, close }: ImportCredentialsProps) {
  const { api } = useSigned()
  const doing = useDoing()
  const id = useId()
  const chosen = useSignal<Chosen | null>(null)
  const refused = useSignal<string | null>(null)
  const passphrase = useSignal('')
  const came = useSignal<{ readonly imported: number; readonly skipped: number } | null>(null)
  const choose = async (file: File | undefined) => {
    chosen.value = null
    refused.value = null
    if (file === undefined) return
    if (file.size > MOST_BYTES) refused.value = words.fileTooLarge
    else chosen.value = { name: file.name, text: await file.text() }
  }
  const send = async () => {
    const file = chosen.value
    if (file === null) return
    const done = await doing.run(async () => {
      const body = { file: file.text, passphrase: passphrase.value }
      const { imported, skipped } = await api.ask<typeof importCredentials>('POST', '/api/v1/credential-store/import', {
        body,
      })
      came.value = { imported: imported.length, skipped }
    })
    if (done) changed()
  }
  if (came.value !== null) {
    return (
      <Dialog title={words.importDone} close={close}>
        <ul class="effects">
          <li>{words.imported(came.value.imported)}</li>
          <li>{words.skipped(came.value.skipped)}</li>
        </ul>
        <div class="dialog-acts">
          <button type="button" class="primary" onClick={close}>
            {words.close}
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={words.credentialsImport} close={close}>
      <Form
        doing={doing}
        act={words.importAct}
        unready={
          chosen.value === null
            ? (refused.value ?? words.fileFirst)
            : passphrase.value === ''
              ? words.passphraseFirst
              : null
        }
        send={() => void send()}
        cancel={close}
      >
        <p class="note">{words.importLead}</p>
        <div class="field">
          <label for={id}>{words.file}</label>
          <input
            id={id}
            type="file"
            accept=".age,.txt"
            onChange={({ currentTarget }) => void choose(currentTarget.files?.[0])}
          />
        </div>
        <TextField
          label={words.passphrase}
          type="password"
          value={passphrase.value}
          maxLength={1024}
          change={(value) => {
            passphrase.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
