import type { AnswerOf, listOperatorKeys } from '@castellan/contracts/api'
import { useNews } from '../live/live.ts'
import { type Resource, useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'

export type OperatorKeyList = AnswerOf<typeof listOperatorKeys>['operators']
export type OperatorKeyView = OperatorKeyList[number]

/** The keys that can say yes, kept up to date. */
export function useOperatorKeys(): Resource<OperatorKeyList> {
  const { api } = useSigned()
  const keys = useResource(async (signal) => {
    return (await api.ask<typeof listOperatorKeys>('GET', '/api/v1/operators', { signal })).operators
  })
  useNews(
    ({ type }) => type.startsWith('operator_'),
    () => void keys.reload(),
  )
  return keys
}

/**
 * Why the word of one's own key does not change another, as agentd would refuse it; null where it does. The key's own name may be changed
 * by itself: `removing` says which of the two is wanted.
 */
export function unchangeable(
  key: OperatorKeyView,
  own: OperatorKeyView | undefined,
  removing: boolean,
): 'no_key' | 'itself' | 'other_person' | 'declared' | null {
  if (own === undefined) return 'no_key'
  if (own.person !== key.person) return 'other_person'
  if (key.enrolled_by === 'configuration') return 'declared'
  return removing && own.key_id === key.key_id ? 'itself' : null
}
