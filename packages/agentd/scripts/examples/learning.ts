import type { RecordCall } from './record.ts'

/** What to do, what was done again and again, and what would help. */
export async function learningExamples(record: RecordCall): Promise<void> {
  await record('skill_list', { about: 'the disk is filling up', limit: 2 })
  await record('skill_read', { name: 'store-cleaning' })
  // A sequence that comes again, to draft a skill of.
  for (let round = 0; round < 2; round++) {
    await record('time_status')
    await record('memory_usage')
  }
  await record('pattern_list', { atLeast: 2, limit: 3 })
  await record('observation_list', { limit: 3 })
  await record('skill_propose', {
    name: 'quick-look',
    description: 'A quick look at the clock and the memory, before figures of this host are compared with others.',
    tools: ['time_status', 'memory_usage'],
    whenToUse: 'Before figures of two hosts are compared: both need the right time.',
  })
  await record('optimization_suggest')
  await record('optimization_apply', { id: 'firewall', apply: false })
}
