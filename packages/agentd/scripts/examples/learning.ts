import type { RecordCall } from './record.ts'

/** What to do, what was done again and again, and what would help. */
export async function learningExamples(record: RecordCall): Promise<void> {
  await record('skill_list', { about: 'the disk is filling up', limit: 2 })
  await record('skill_read', { name: 'store-cleaning' })
  // A sequence that comes again, to draft a skill of.
  for (let round = 0; round < 3; round++) {
    await record('service_failed')
    await record('journal_errors', { limit: 1 })
    await record('disk_usage')
  }
  await record('pattern_list', { atLeast: 3, limit: 3 })
  await record('observation_list', { limit: 3 })
  await record('skill_propose', {
    name: 'quick-look',
    description: 'A quick look at what failed, what the journal says and how full the disks are.',
    tools: ['service_failed', 'journal_errors', 'disk_usage'],
    whenToUse: 'When somebody asks whether all is well and has no time for a briefing.',
  })
  await record('optimization_suggest')
  await record('optimization_apply', { id: 'firewall', apply: false })
}
