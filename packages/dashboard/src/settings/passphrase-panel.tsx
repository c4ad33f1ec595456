import type { setPassphrase } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { signIns as words } from '../strings/sign-ins.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { passphraseProblem } from './passphrase.ts'
import type { SignIns } from './sign-in-section.tsx'

/** Whether a passphrase signs in, and setting or replacing it. Removing it is the owner's token's to do. */
export function PassphrasePanel({ signIns }: { readonly signIns: Resource<SignIns> }) {
  const open = useSignal(false)
  return (
    <Panel title={words.passphrase}>
      <Shown resource={signIns} what={words.passphraseWhat}>
        {({ passphrase_set }) => (
          <>
            <p class="thing-name">
              <span class={`pill ${passphrase_set ? 'good' : ''}`}>
                {passphrase_set ? words.passphraseSet : words.passphraseNone}
              </span>
            </p>
            <p class="note">{words.passphraseLead}</p>
            <p class="after">
              <button
                type="button"
                onClick={() => {
                  open.value = true
                }}
              >
                {passphrase_set ? words.passphraseReplace : words.passphraseMake}
              </button>
            </p>
            {passphrase_set && (
              <p class="note after">
                {words.passphraseRemove} <code>{words.passphraseRemoveCommand}</code>
              </p>
            )}
            {open.value && (
              <SetPassphrase
                replaces={passphrase_set}
                changed={() => void signIns.reload()}
                close={() => {
                  open.value = false
                }}
              />
            )}
          </>
        )}
      </Shown>
    </Panel>
  )
}

interface SetPassphraseProps {
  readonly replaces: boolean
  readonly changed: () => void
  readonly close: () => void
}

function SetPassphrase({ replaces, changed, close }: SetPassphraseProps) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const current = useSignal('')
  const passphrase = useSignal('')
  const again = useSignal('')
  const send = async () => {
    const body = { passphrase: passphrase.value, ...(replaces ? { current: current.value } : {}) }
    const done = await doing.run(async () => {
      await api.ask<typeof setPassphrase>('PUT', '/api/v1/sign-in-passphrase', { body })
    })
    if (!done) return
    toasts.good(words.passphraseDone)
    changed()
    close()
  }
  const unready =
    replaces && current.value === '' ? words.currentFirst : passphraseProblem(passphrase.value, again.value)
  return (
    <Dialog title={replaces ? words.passphraseReplace : words.passphraseMake} close={close}>
      <Form doing={doing} act={words.passphraseAct} unready={unready} send={() => void send()} cancel={close}>
        <p class="note">{replaces ? words.passphraseEnds : words.passphraseAdvice}</p>
        {replaces && (
          <TextField
            label={words.passphraseCurrent}
            type="password"
            value={current.value}
            maxLength={256}
            change={(value) => {
              current.value = value
            }}
          />
        )}
        <TextField
          label={words.passphraseNew}
          type="password"
          value={passphrase.value}
          maxLength={256}
          change={(value) => {
            passphrase.value = value
          }}
        />
        <TextField
          label={words.passphraseAgain}
          type="password"
          value={again.value}
          maxLength={256}
          change={(value) => {
            again.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
