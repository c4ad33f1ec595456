/** A family of verbs that ask for a change, in all their forms, and the tools that carry it out. */
interface Family {
  readonly verbs: string
  readonly tools: readonly string[]
}

const FAMILIES: readonly Family[] = [
  {
    verbs:
      'delet(?:e[sd]?|ing)|remov(?:e[sd]?|ing)|rm|eras(?:e[sd]?|ing)|trash(?:ed|ing)?|bin(?:ned|ning)?|drop(?:ped|ping)?|wip(?:e[sd]?|ing)|shred(?:ded|ding)?|nuke[sd]?|unlink(?:ed|ing)?|get(?:ting)? rid of',
    tools: ['file_delete'],
  },
  {
    verbs:
      'writ(?:es?|ing|ten)|overwrit(?:es?|ing|ten)|append(?:ed|ing)?|sav(?:e[sd]?|ing)|add(?:ed|ing)?|put(?:ting)?|creat(?:e[sd]?|ing)|note down|jot|empty|emptied|emptying|clear(?:ed|ing)?|truncat(?:e[sd]?|ing)',
    tools: ['file_write'],
  },
  {
    verbs:
      'edit(?:ed|ing)?|replac(?:e[sd]?|ing)|substitut(?:e[sd]?|ing)|swap(?:ped|ping)?|renam(?:e[sd]?|ing)|chang(?:e[sd]?|ing)|modif(?:y|ies|ied|ying)|alter(?:ed|ing)?',
    tools: ['file_edit', 'file_write'],
  },
  {
    verbs: 'restor(?:e[sd]?|ing)|recover(?:ed|ing)?|bring(?:ing)?|undelet(?:e[sd]?|ing)|put(?:ting)? back',
    tools: ['trash_restore'],
  },
  {
    verbs: 'undo(?:ne|ing)?|revert(?:ed|ing)?|revers(?:e[sd]?|ing)|roll(?:ed|ing)?|tak(?:e|en|ing) back',
    tools: ['undo_apply', 'generation_rollback'],
  },
]

/** Verbs that are the last part of the names of the tools they belong to: service_restart, system_reboot. */
const NAMED =
  'start(?:ed|ing)?|stop(?:ped|ping)?|restart(?:ed|ing)?|reload(?:ed|ing)?|reboot(?:ed|ing)?|kill(?:ed|ing)?'
/** Verbs that forbid every change. */
const ANY = 'touch(?:ed|ing)?|mess(?:ing)? with|harm(?:ed|ing)?'

/** Every verb that asks for a change, as one alternative of a pattern. */
export const ACT_VERBS = [...FAMILIES.map(({ verbs }) => verbs), NAMED, ANY].join('|')

/** Verbs that ask to be shown something. */
export const READ_VERBS =
  'show|list|read|check|print|display|open|look|view|see|tell|give|verify|query|report|cat|ls|inspect|bother|run|worry|do|lose'

const families = FAMILIES.map(({ verbs, tools }) => ({ pattern: new RegExp(`^(?:${verbs})$`), tools }))
const named = new RegExp(`^(?:${NAMED})$`)

/** Whether a tool carries out what the verb asks for; for a verb of every change, whether it changes anything. */
export function carriesOut(tool: { readonly name: string; readonly effect: string }, verb: string): boolean {
  if (tool.effect === 'read') return false
  const family = families.find(({ pattern }) => pattern.test(verb))
  if (family !== undefined) return family.tools.includes(tool.name)
  if (!named.test(verb)) return true
  return verb.startsWith(tool.name.split('_').at(-1) as string)
}
