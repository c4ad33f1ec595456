import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { count, duration, size } from '../words.ts'

export const systemInfo = defineTool({
  name: 'system_info',
  title: 'System information',
  description:
    'What this machine is: host name, operating system, kernel, processor, memory, and how long it has been up.',
  input: z.strictObject({}),
  output: z.strictObject({
    hostname: z.string(),
    osName: z.string(),
    osId: z.string(),
    kernelRelease: z.string(),
    architecture: z.string(),
    cpuModel: z.string(),
    cpuCount: z.int().positive(),
    memoryTotalBytes: z.int().min(0),
    bootedAt: Timestamp,
    uptimeSeconds: z.int().min(0),
    systemd: z.boolean().describe('Whether systemd runs this host; without it there are no services and no journal.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: (info) =>
    `${info.hostname} runs ${info.osName} with Linux ${info.kernelRelease} (${info.architecture}) on ${count(info.cpuCount, 'core')} of ` +
    `${info.cpuModel} with ${size(info.memoryTotalBytes)} of memory. It has been up for ${duration(info.uptimeSeconds)}.`,
  run: async (_input, { host }) => {
    const facts = await host.system.facts()
    return { ...facts, bootedAt: facts.bootedAt.toISOString() }
  },
})
