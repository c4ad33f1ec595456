import { usePage } from '../page.ts'
import { operatorKeys as words } from '../strings/operator-keys.ts'
import { When } from '../ui/when.tsx'
import { KeyActs } from './key-acts.tsx'
import type { OperatorKeyList, OperatorKeyView } from './keys.ts'

export interface KeyListProps {
  readonly keys: OperatorKeyList
  /** With buttons to rename and remove; `changed` is called after each. */
  readonly changed?: () => void
}

/** Whose word counts: each key with its kind, since when, and when it last signed. */
export function KeyList({ keys, changed }: KeyListProps) {
  const { session } = usePage()
  const own = keys.find(({ key_id }) => key_id === session.key?.keyId)
  const people = new Set(keys.map(({ person }) => person))
  if (keys.length === 0) return <p class="note">{words.none}</p>
  return (
    <ul class="things">
      {keys.map((key) => (
        <li class="thing" key={key.key_id}>
          <div class="thing-what">
            <p class="thing-name">
              {key.name} <span class="pill">{words.kinds[key.kind ?? 'ed25519']}</span>
              {key === own && <span class="pill good">{words.own}</span>}
            </p>
            <p class="thing-about">
              {people.size > 1 && `${words.of(key.person ?? '')} · `}
              {words.enrolled[key.enrolled_by]} <When at={key.enrolled_at} /> · <Used item={key} />
            </p>
          </div>
          {changed !== undefined && <KeyActs item={key} own={own} changed={changed} />}
        </li>
      ))}
    </ul>
  )
}

function Used({ item: { last_used_at } }: { readonly item: OperatorKeyView }) {
  if (last_used_at === undefined) return <>{words.unused}</>
  return (
    <>
      {words.used} <When at={last_used_at} />
    </>
  )
}
