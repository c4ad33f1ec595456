import type { RecordCall } from './record.ts'

export async function nixosExamples(record: RecordCall): Promise<void> {
  await record('generation_list', { limit: 2 })
  await record('generation_diff', { from: 1, to: 2 })
  await record('generation_prune', { keep: 2 })
  await record('nixos_option_get', { option: 'services.web.port' })
  await record('nixos_option_set', { option: 'services.web.seconds', value: 4321, reason: 'A longer day.' })
  await record('nixos_option_unset', { option: 'services.web.seconds', apply: false })
  await record('nixos_overlay_read')
  await record('nixos_build', { offline: true })
  await record('flake_status')
  await record('flake_update')
  await record('package_search', { query: 'nginx' })
  await record('package_list', { scope: 'closure' })
  await record('store_usage')
  await record('store_verify')
  await record('drift_report', { kinds: ['running', 'unit_override'] })
  const { switches } = await record('switch_list', { limit: 1 })
  const [newest] = (switches ?? []) as { from: string; to: string }[]
  await record('switch_status')
  await record('generation_rollback', { probationSeconds: 1 })
  await record('generation_switch', { number: 1, confirm: 'both', probationSeconds: 1 })
  await record('switch_commit')
  await record('switch_begin', { path: newest?.to ?? '', confirm: 'both', probationSeconds: 1 })
  await record('switch_rollback')
  await record('store_gc')
}
