import type { listPolicyVersions } from '@castellan/contracts/api'
import { exactTime } from '../cards/time.ts'
import { SelectField } from '../forms/fields.tsx'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { policyWords as words } from '../strings/policy.ts'

export interface TextBeforeProps {
  readonly file: string
  /** Another one for each loading, after which there may be another text before. */
  readonly loaded: number | null
  readonly choose: (text: string) => void
}

/** What the file said before; choosing a text puts it into the draft. Nothing where there is none. */
export function TextBefore({ file, loaded, choose }: TextBeforeProps) {
  const { api } = useSigned()
  const versions = useResource(
    async (signal) =>
      (await api.ask<typeof listPolicyVersions>('GET', '/api/v1/policy/versions', { query: { file }, signal }))
        .versions,
    [file, loaded],
  )
  const state = versions.state.value
  if (state.kind !== 'ready' || state.value.length === 0) return null
  return (
    <SelectField
      label={words.change.versions}
      note={words.change.versionsNote}
      value=""
      options={[
        { value: '', label: words.change.versionNone },
        ...state.value.map(({ replaced_at }) => ({ value: replaced_at, label: exactTime(Date.parse(replaced_at)) })),
      ]}
      change={(at) => {
        const chosen = state.value.find(({ replaced_at }) => replaced_at === at)
        if (chosen !== undefined) choose(chosen.text)
      }}
    />
  )
}
