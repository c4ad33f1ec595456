import { policyWords as words } from '../strings/policy.ts'
import type { Trial } from './views.ts'

type Kind = Trial['kinds']['differences'][number]

/** Kinds of calls that change in the same way, whatever they are about and in whichever mode. */
export interface KindGroup extends Pick<Kind, 'tools' | 'caller' | 'agent' | 'before' | 'after'> {
  readonly modes: readonly string[]
  readonly abouts: readonly string[]
}

/** agentd asks about something that no rule names as `unit something` or `path /some/file`. */
function inGeneral(about: string): string {
  const [, kind] = /^([\w-]+) (?:something|\/some\/file)$/.exec(about) ?? []
  return kind === undefined ? about : words.trial.any(kind)
}

/** Puts together what differs in nothing but mode, labels and thing. */
export function groupKinds(kinds: readonly Kind[]): KindGroup[] {
  const groups = new Map<string, KindGroup & { readonly modes: string[]; readonly abouts: string[] }>()
  for (const { tools, caller, agent, before, after, mode, about } of kinds) {
    const key = JSON.stringify([tools, caller, agent, before, after])
    const group = groups.get(key) ?? { tools, caller, agent, before, after, modes: [], abouts: [] }
    groups.set(key, group)
    if (!group.modes.includes(mode)) group.modes.push(mode)
    const thing = inGeneral(about)
    if (thing !== '' && !group.abouts.includes(thing)) group.abouts.push(thing)
  }
  return [...groups.values()]
}
