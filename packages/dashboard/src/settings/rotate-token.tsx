import type { rotateToken } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { SelectField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useSigned } from '../page.ts'
import { tokens as words } from '../strings/tokens.ts'
import { Dialog } from '../ui/dialog.tsx'
import type { MadeSecret, TokenView } from './tokens-section.tsx'

export interface RotateTokenProps {
  readonly token: TokenView
  readonly made: (secret: MadeSecret) => void
  readonly close: () => void
}

/** Gives a token another secret; the old one stays good for a while, so that programs can follow one by one. */
export function RotateToken({ token: { token_id, name }, made, close }: RotateTokenProps) {
  const { api } = useSigned()
  const doing = useDoing()
  const overlap = useSignal('10')
  const send = async () => {
    let token = ''
    const done = await doing.run(async () => {
      const params = { token_id }
      const body = { overlap_minutes: Number(overlap.value) }
      const rotated = await api.ask<typeof rotateToken>('POST', '/api/v1/tokens/{token_id}/rotation', { params, body })
      token = rotated.token
    })
    if (!done) return
    close()
    made({ name, token })
  }
  return (
    <Dialog title={words.rotateTitle(name)} close={close}>
      <Form doing={doing} act={words.rotateNow} send={() => void send()} cancel={close}>
        <p class="note">{words.rotateLead}</p>
        <SelectField
          label={words.overlap}
          value={overlap.value}
          options={Object.entries(words.overlaps).map(([value, label]) => ({ value, label }))}
          change={(value) => {
            overlap.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
