import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { pathField } from '../fields.ts'
import { moment, size } from '../words.ts'
import { pathOf } from './about.ts'

const kindWords = {
  file: 'a file',
  directory: 'a folder',
  symlink: 'a symbolic link',
  fifo: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
}

export const fileStat = defineTool({
  name: 'file_stat',
  title: 'File status',
  description: 'What is at a path: kind, size, owner, permissions and modification time. Links are followed.',
  input: z.strictObject({ path: pathField('The file or folder.') }),
  output: z.strictObject({
    path: z.string().describe('Absolute, resolved through every link.'),
    kind: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
    sizeBytes: z.int(),
    mode: z.string().describe('Permission bits in octal, e.g. 0644.'),
    owner: z.string(),
    group: z.string(),
    modifiedAt: Timestamp,
    links: z.int().describe('How many names (hard links) it has.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ path, kind, sizeBytes, owner, group, mode, modifiedAt }) => {
    const extent = kind === 'file' ? ` of ${size(sizeBytes)}` : ''
    return `${path} is ${kindWords[kind]}${extent}, owned by ${owner}:${group} with mode ${mode}, last changed ${moment(modifiedAt)}.`
  },
  resources: pathOf('read'),
  run: async ({ path }, { host, signal }) => {
    const facts = await host.files.stat(path, signal)
    return { ...facts, modifiedAt: facts.modifiedAt.toISOString() }
  },
})
