import type { removeOperatorKey, renameOperatorKey } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing, useTry } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { operatorKeyStatement, signed } from '../session/statement.ts'
import { operatorKeys as words } from '../strings/operator-keys.ts'
import { Dialog } from '../ui/dialog.tsx'
import { type OperatorKeyView, unchangeable } from './keys.ts'

interface KeyActsProps {
  readonly item: OperatorKeyView
  /** The key of this browser, if it is enrolled. */
  readonly own: OperatorKeyView | undefined
  readonly changed: () => void
}

/** Renames and removes a key on the word of this browser's own. */
export function KeyActs({ item, own, changed }: KeyActsProps) {
  const { key_id, name } = item
  const { api, signer } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const renaming = useSignal(false)
  const remove = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.remove, title: words.remove.title(name), danger: true }))) return
      const body = await signed(signer, {}, (said) => operatorKeyStatement(key_id, said))
      const params = { key_id }
      await api.ask<typeof removeOperatorKey>('POST', '/api/v1/operators/{key_id}/removal', { params, body })
      toasts.good(words.removed(name))
      changed()
    })
  const why = unchangeable(item, own, true)
  return (
    <div class="thing-acts">
      {unchangeable(item, own, false) === null && (
        <button
          type="button"
          class="quiet"
          aria-label={words.actOn(words.rename, name)}
          onClick={() => {
            renaming.value = true
          }}
        >
          {words.rename}
        </button>
      )}
      {why === null ? (
        <button
          type="button"
          class="quiet"
          aria-label={words.actOn(words.removeAct, name)}
          onClick={() => void remove()}
        >
          {words.removeAct}
        </button>
      ) : (
        why !== 'no_key' && <span class="note key-why">{words.unchangeable[why]}</span>
      )}
      {renaming.value && (
        <RenameKey
          item={item}
          changed={changed}
          close={() => {
            renaming.value = false
          }}
        />
      )}
    </div>
  )
}

interface RenameKeyProps {
  readonly item: OperatorKeyView
  readonly changed: () => void
  readonly close: () => void
}

function RenameKey({ item, changed, close }: RenameKeyProps) {
  const { api, signer } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const typed = useSignal(item.name)
  const name = typed.value.trim()
  const send = async () => {
    const { key_id } = item
    const done = await doing.run(async () => {
      const body = await signed(signer, { name }, (said) => operatorKeyStatement(key_id, said))
      const params = { key_id }
      await api.ask<typeof renameOperatorKey>('POST', '/api/v1/operators/{key_id}/name', { params, body })
    })
    if (!done) return
    toasts.good(words.renamed(name))
    changed()
    close()
  }
  return (
    <Dialog title={words.renameTitle(item.name)} close={close}>
      <Form
        doing={doing}
        act={words.rename}
        unready={name === '' || name === item.name ? words.nameFirst : null}
        send={() => void send()}
        cancel={close}
      >
        <TextField
          label={words.name}
          value={typed.value}
          maxLength={80}
          change={(value) => {
            typed.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
