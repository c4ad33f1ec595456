import type { rotateCredential } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { Dialog } from '../ui/dialog.tsx'
import { judgePrefix } from './prefix.ts'
import { SecretField } from './secret-field.tsx'
import type { CredentialView } from './views.ts'

export interface RotateCredentialProps {
  readonly credential: CredentialView
  readonly changed: () => void
  readonly close: () => void
}

export function RotateCredential({ credential, changed, close }: RotateCredentialProps) {
  const { id, label, provider, auth, base_url } = credential
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const secret = useSignal('')
  const verdict = judgePrefix(provider, auth, base_url ?? '', secret.value.trim())
  const send = async () => {
    const done = await doing.run(async () => {
      const body = { secret: secret.value.trim() }
      await api.ask<typeof rotateCredential>('PUT', '/api/v1/credentials/{credential_id}/secret', {
        params: { credential_id: id },
        body,
      })
    })
    if (!done) return
    toasts.good(words.credentials.rotated(label))
    changed()
    close()
  }
  const ready = verdict.kind === 'good' || verdict.kind === 'untold'
  return (
    <Dialog title={words.rotate.title(label)} close={close}>
      <p class="note">{words.rotate.lead}</p>
      <Form
        doing={doing}
        act={words.rotate.act}
        unready={ready ? null : words.add.noSecret}
        send={() => void send()}
        cancel={close}
      >
        <SecretField
          provider={provider}
          auth={auth}
          verdict={verdict}
          value={secret.value}
          change={(value) => {
            secret.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
