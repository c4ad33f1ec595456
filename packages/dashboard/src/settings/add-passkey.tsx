import type { listSignIns, revokeSignIn } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { signIns as words } from '../strings/sign-ins.ts'
import { Dialog } from '../ui/dialog.tsx'

/**
 * Makes a passkey with a fresh code, as a sign-in would: whoever finds this browser unlocked must not make a way in that stays. The browser is
 * signed in anew with it, so that its earlier sign-in ends.
 */
export function AddPasskey({ close }: { readonly close: () => void }) {
  const { api } = useSigned()
  const { session } = usePage()
  const doing = useDoing()
  const code = useSignal('')
  const send = () =>
    doing.run(async () => {
      const { items } = await api.ask<typeof listSignIns>('GET', '/api/v1/sign-ins')
      const before = items.find(({ current }) => current)
      await session.addPasskey(code.value)
      if (before !== undefined) {
        const params = { sign_in_id: before.sign_in_id }
        await api.ask<typeof revokeSignIn>('DELETE', '/api/v1/sign-ins/{sign_in_id}', { params }).catch(() => undefined)
      }
      location.reload()
    })
  return (
    <Dialog title={words.addPasskeyTitle} close={close}>
      <Form
        doing={doing}
        act={words.addPasskeyAct}
        unready={code.value.trim() === '' ? words.codeFirst : null}
        send={() => void send()}
        cancel={close}
      >
        <p class="note">
          {words.addPasskeyLead} <code>{words.anotherCommand}</code>
        </p>
        <TextField
          label={words.code}
          plain
          value={code.value}
          maxLength={64}
          change={(value) => {
            code.value = value
          }}
        />
        <p class="note">{words.addPasskeyAfter}</p>
      </Form>
    </Dialog>
  )
}
