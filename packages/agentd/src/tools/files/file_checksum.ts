import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'
import { pathOf } from './about.ts'

/** Bytes between two words of progress. */
const STEP_BYTES = 64 * 1024 * 1024

export const fileChecksum = defineTool({
  name: 'file_checksum',
  title: 'File checksum',
  description:
    'The digest of a file, to compare it with a published one or with a copy. Says whether it is the expected digest where one is given.',
  input: z.strictObject({
    path: pathField('The file.'),
    algorithm: z
      .enum(['sha256', 'sha512', 'sha1', 'md5', 'blake2b512'])
      .default('sha256')
      .describe('Default sha256. sha1 and md5 only to compare with old lists: they protect against nobody.'),
    expected: z
      .string()
      .regex(/^[0-9a-fA-F]{32,128}$/, 'must be a digest in hex')
      .optional()
      .describe('The digest that it should have.'),
  }),
  output: z.strictObject({
    path: z.string(),
    algorithm: z.string(),
    digest: z.string().describe('Lower-case hex.'),
    sizeBytes: z.int(),
    matches: z.boolean().nullable().describe('Whether it is the expected digest; null where none was given.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 600_000, perMinute: 60 },
  summary: ({ path, algorithm, digest, sizeBytes, matches }) => {
    const verdict = matches === null ? '' : matches ? ' That is the expected one.' : ' That is NOT the expected one.'
    return `${path} (${size(sizeBytes)}) has the ${algorithm} digest ${digest}.${verdict}`
  },
  resources: pathOf('read'),
  run: async ({ path, algorithm, expected }, { host, signal, progress }) => {
    let told = 0
    const onRead = (bytes: number) => {
      if (bytes - told < STEP_BYTES) return
      told = bytes
      progress({ message: `${size(bytes)} read`, done: bytes })
    }
    const checksum = await host.files.checksum(path, algorithm, onRead, signal)
    const matches = expected === undefined ? null : expected.toLowerCase() === checksum.digest
    return { ...checksum, algorithm, matches }
  },
})
