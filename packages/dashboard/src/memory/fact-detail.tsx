import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { argumentText } from '../cards/argument-text.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { memory as words } from '../strings/memory.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import type { Fact } from './facts.ts'
import { Labels } from './labels.tsx'
import { CHATS_READ, recallsOf } from './recalls.ts'

export interface FactDetailProps {
  readonly fact: Fact
  readonly edit: () => void
  readonly forget: () => void
  readonly close: () => void
}

/** One fact in full: where it is from, how sure it is, and where it was used. */
export function FactDetail({ fact, edit, forget, close }: FactDetailProps) {
  const { id, text, source, by, stored_at, confidence, labels, tags, expires_at } = fact
  const { fields } = words
  return (
    <Dialog title={words.one(id)} kind="drawer" close={close}>
      <div class="entry-detail">
        <p class="fact-text">{argumentText(text)}</p>
        {labels.map((label) => (
          <p key={label} class="fact-label">
            <Labels labels={[label]} /> {words.labelAbout[label]}
          </p>
        ))}
        <div class="entry-acts">
          <button type="button" onClick={edit}>
            {words.edit}
          </button>
          <button type="button" class="danger" onClick={forget}>
            {words.forget.open}
          </button>
          <a class="button" href={addressOf('ledger', { query: { tool: 'memory_store', text: words.ledgerText(id) } })}>
            {words.toLedger}
          </a>
        </div>
        <dl class="entry-fields">
          <Field name={fields.source}>{argumentText(source)}</Field>
          <Field name={fields.by}>{by}</Field>
          <Field name={fields.stored}>
            <When at={stored_at} />
          </Field>
          <Field name={fields.sure}>{words.percent(confidence)}</Field>
          <Field name={fields.ends}>{expires_at === null ? words.never : <When at={expires_at} />}</Field>
          <Field name={fields.tags}>{tags.length === 0 ? words.none : tags.join(', ')}</Field>
        </dl>
        <Recalls id={id} />
      </div>
    </Dialog>
  )
}

function Field({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Where it was put before a model. Looked for when somebody wants to know, as it means reading chats. */
function Recalls({ id }: { readonly id: number }) {
  const wanted = useSignal(false)
  return (
    <section aria-label={words.recalls.title} class="drawer-part">
      <h3>{words.recalls.title}</h3>
      {wanted.value ? (
        <Found id={id} />
      ) : (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            wanted.value = true
          }}
        >
          {words.recalls.look}
        </button>
      )}
    </section>
  )
}

function Found({ id }: { readonly id: number }) {
  const { api } = useSigned()
  const recalls = useResource((signal) => recallsOf(api, id, signal), [id])
  return (
    <Shown resource={recalls} what={words.recalls.what}>
      {(found) =>
        found.length === 0 ? (
          <p class="note">{words.recalls.nowhere(CHATS_READ)}</p>
        ) : (
          <ul class="recalls">
            {found.map(({ chat, title, at, about }) => (
              <li key={`${chat} ${at}`}>
                <a href={addressOf('chat', { path: [chat] })}>{title ?? chat}</a> <When at={at} />
                <span class="note">{words.recalls.about(about)}</span>
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  )
}
