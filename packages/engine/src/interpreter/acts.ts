/** A family of verbs that ask for a change, in all their forms, and the tools that carry it out. */
interface Family {
  readonly verbs: string
  readonly tools: readonly string[]
}

const FAMILIES: readonly Family[] = [
  {
    verbs:
      'delet(?:e[sd]?|ing)|remov(?:e[sd]?|ing)|rm|eras(?:e[sd]?|ing)|trash(?:ed|ing)?|bin(?:ned|ning)?|drop(?:ped|ping)?|wip(?:e[sd]?|ing)|shred(?:ded|ding)?|nuke[sd]?|unlink(?:ed|ing)?|get(?:ting)? rid of',
    tools: [
      'file_delete',
      'trash_empty',
      'app_remove',
      'watcher_remove',
      'routine_remove',
      'model_remove',
      'memory_forget',
    ],
  },
  {
    verbs:
      'writ(?:es?|ing|ten)|overwrit(?:es?|ing|ten)|append(?:ed|ing)?|sav(?:e[sd]?|ing)|add(?:ed|ing)?|put(?:ting)?|creat(?:e[sd]?|ing)|note down|jot|empty|emptied|emptying|clear(?:ed|ing)?|truncat(?:e[sd]?|ing)',
    tools: [
      'file_write',
      'trash_empty',
      'memory_store',
      'backup_create',
      'routine_add',
      'watcher_add',
      'incident_create',
    ],
  },
  {
    verbs:
      'edit(?:ed|ing)?|replac(?:e[sd]?|ing)|substitut(?:e[sd]?|ing)|swap(?:ped|ping)?|renam(?:e[sd]?|ing)|chang(?:e[sd]?|ing)|modif(?:y|ies|ied|ying)|alter(?:ed|ing)?',
    tools: ['file_edit', 'file_write', 'file_move', 'nixos_option_set', 'nixos_option_unset', 'kernel_parameter_set'],
  },
  {
    verbs: 'restor(?:e[sd]?|ing)|recover(?:ed|ing)?|bring(?:ing)?|undelet(?:e[sd]?|ing)|put(?:ting)? back',
    tools: ['trash_restore', 'backup_restore'],
  },
  {
    verbs: 'undo(?:ne|ing)?|revert(?:ed|ing)?|revers(?:e[sd]?|ing)|roll(?:ed|ing)?|tak(?:e|en|ing) back',
    tools: ['undo_apply', 'generation_rollback', 'switch_rollback'],
  },
  { verbs: 'mov(?:e[sd]?|ing)|mv|relocat(?:e[sd]?|ing)', tools: ['file_move'] },
  {
    verbs: 'run(?:ning)?|execut(?:e[sd]?|ing)|invok(?:e[sd]?|ing)',
    tools: ['command_run', 'shell_exec', 'sandbox_exec', 'routine_trigger', 'app_deploy'],
  },
  { verbs: 'trigger(?:ed|ing)?|fir(?:e[sd]?|ing)', tools: ['routine_trigger'] },
  { verbs: 'deploy(?:ed|ing)?|roll(?:ed|ing)? out', tools: ['app_deploy', 'switch_begin'] },
  { verbs: 'kill(?:ed|ing)?|terminat(?:e[sd]?|ing)|signal(?:l?ed|l?ing)?', tools: ['process_signal', 'service_stop'] },
  {
    verbs: 'shut(?:ting)? ?down|power(?:ed|ing)? off|turn(?:ed|ing)? off|switch(?:ed|ing)? off|halt(?:ed|ing)?',
    tools: ['system_shutdown', 'service_stop', 'app_stop', 'mcp_server_stop'],
  },
  { verbs: 'bounc(?:e[sd]?|ing)', tools: ['service_restart', 'app_restart', 'mcp_server_restart'] },
  {
    verbs: 'set(?:ting)?|enabl(?:e[sd]?|ing)|disabl(?:e[sd]?|ing)|activat(?:e[sd]?|ing)',
    tools: ['nixos_option_set', 'nixos_option_unset', 'kernel_parameter_set', 'switch_begin', 'generation_switch'],
  },
  { verbs: 'switch(?:ed|ing)?', tools: ['generation_switch', 'switch_begin'] },
  { verbs: 'commit(?:ted|ting)?|confirm(?:ed|ing)?', tools: ['switch_commit'] },
  {
    verbs: 'prun(?:e[sd]?|ing)|purg(?:e[sd]?|ing)|collect(?:ed|ing)?|clean(?:ed|ing)?',
    tools: ['generation_prune', 'store_gc', 'trash_empty'],
  },
  { verbs: 'back(?:ed|ing)? up', tools: ['backup_create'] },
  { verbs: 'import(?:ed|ing)?', tools: ['model_import'] },
  { verbs: 'updat(?:e[sd]?|ing)', tools: ['flake_update', 'nixos_option_set'] },
  { verbs: 'remember(?:ed|ing)?', tools: ['memory_store'] },
  { verbs: 'forget(?:ting)?|forgotten', tools: ['memory_forget'] },
]

/** Verbs that are the last part of the names of the tools they belong to: service_restart, system_reboot. */
const NAMED =
  'start(?:ed|ing)?|stop(?:ped|ping)?|restart(?:ed|ing)?|reload(?:ed|ing)?|reboot(?:ed|ing)?|resolv(?:e[sd]?|ing)'
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
  const [act] = tool.name.split('_').slice(-1) as [string]
  return verb.startsWith(act.replace(/e$/, ''))
}
