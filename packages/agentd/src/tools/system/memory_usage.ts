import { z } from 'zod'
import type { Memory } from '../../host/system.ts'
import { defineTool, readLimits } from '../define.ts'
import { percent, size } from '../words.ts'

const bytes = z.int().min(0)

export const memoryUsage = defineTool({
  name: 'memory_usage',
  title: 'Memory usage',
  description: 'How much RAM and swap is used and how much programs can still get. Figures from /proc/meminfo.',
  input: z.strictObject({}),
  output: z.strictObject({
    totalBytes: bytes,
    usedBytes: bytes.describe('Total less available: what programs cannot give back.'),
    availableBytes: bytes.describe('What programs can still get without swapping.'),
    freeBytes: bytes.describe('What nothing uses, not even caches.'),
    cacheBytes: bytes,
    swapTotalBytes: bytes,
    swapUsedBytes: bytes,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: (memory) =>
    `${percent(memory.usedBytes, memory.totalBytes)} of memory is used: ${size(memory.usedBytes)} of ${size(memory.totalBytes)}, ` +
    `${size(memory.availableBytes)} available. ${swapSentence(memory)}`,
  run: (_input, { host }) => host.system.memory(),
})

function swapSentence({ swapTotalBytes, swapUsedBytes }: Memory): string {
  if (swapTotalBytes === 0) return 'There is no swap.'
  if (swapUsedBytes === 0) return `Swap (${size(swapTotalBytes)}) is not used.`
  return `Swap is ${percent(swapUsedBytes, swapTotalBytes)} used: ${size(swapUsedBytes)} of ${size(swapTotalBytes)}.`
}
