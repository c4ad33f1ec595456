import type { CredentialAuth } from '@castellan/contracts'
import type { createCredential } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { Dialog } from '../ui/dialog.tsx'
import { judgePrefix, KNOWN, knownProvider, type PrefixVerdict } from './prefix.ts'
import { SecretField } from './secret-field.tsx'

const OTHER = '-'

interface Draft {
  readonly provider: string
  readonly name: string
  readonly auth: CredentialAuth
  readonly label: string
  readonly address: string
  readonly secret: string
}

const EMPTY: Draft = { provider: 'anthropic', name: '', auth: 'api_key', label: '', address: '', secret: '' }

export function AddCredential({ changed, close }: { readonly changed: () => void; readonly close: () => void }) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const draft = useSignal(EMPTY)
  const change = (part: Partial<Draft>) => {
    draft.value = { ...draft.value, ...part }
  }
  const { auth, label, address } = draft.value
  const provider = draft.value.provider === OTHER ? draft.value.name.trim() : draft.value.provider
  const secret = draft.value.secret.trim()
  const verdict = judgePrefix(provider, auth, address.trim(), secret)
  const send = async () => {
    const base_url = address.trim()
    const done = await doing.run(async () => {
      await api.ask<typeof createCredential>('POST', '/api/v1/credentials', {
        body: { provider, auth, label: label.trim(), secret, ...(base_url === '' ? {} : { base_url }) },
      })
    })
    if (!done) return
    toasts.good(words.credentials.added(label.trim()))
    changed()
    close()
  }
  return (
    <Dialog title={words.add.title} close={close}>
      <Form
        doing={doing}
        act={words.add.act}
        unready={unready(draft.value, provider, verdict)}
        send={() => void send()}
        cancel={close}
      >
        <div class="field-row">
          <SelectField
            label={words.add.provider}
            value={draft.value.provider}
            options={[
              ...KNOWN.map(({ name, title }) => ({ value: name, label: title })),
              { value: OTHER, label: words.add.other },
            ]}
            change={(value) => change({ provider: value })}
          />
          <SelectField
            label={words.add.kind}
            value={auth}
            options={(['api_key', 'oauth_token'] as const).map((kind) => ({
              value: kind,
              label: words.auth[kind],
              unfit: unfitKind(provider, kind, address),
            }))}
            change={(value) => change({ auth: value as CredentialAuth })}
          />
        </div>
        {draft.value.provider === OTHER && (
          <TextField
            label={words.add.providerName}
            plain
            value={draft.value.name}
            change={(name) => change({ name })}
            maxLength={64}
          />
        )}
        <TextField
          label={words.add.label}
          value={label}
          placeholder={words.add.labelPlaceholder}
          change={(value) => change({ label: value })}
          maxLength={80}
        />
        <TextField
          label={words.add.address}
          plain
          value={address}
          note={words.add.addressNote}
          change={(value) => change({ address: value })}
          maxLength={1024}
        />
        <SecretField
          provider={provider}
          auth={auth}
          verdict={verdict}
          value={draft.value.secret}
          change={(value) => change({ secret: value })}
        />
      </Form>
    </Dialog>
  )
}

/** Why a kind of credential cannot be chosen for this provider. */
function unfitKind(provider: string, auth: CredentialAuth, address: string): string | null {
  const known = address.trim() === '' ? knownProvider(provider) : undefined
  return known === undefined || known.prefix[auth] !== undefined ? null : words.add.noSuchKind(known.title)
}

/** What is still missing, as one sentence. What is wrong with the secret stands beside it already. */
function unready({ label, address }: Draft, provider: string, verdict: PrefixVerdict): string | null {
  if (!/^[a-z][a-z0-9-]*$/.test(provider)) return words.add.noProvider
  if (knownProvider(provider) === undefined && address.trim() === '') return words.add.noAddress
  if (label.trim() === '') return words.add.noLabel
  return verdict.kind === 'good' || verdict.kind === 'untold' ? null : words.add.noSecret
}
