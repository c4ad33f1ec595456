import { isAbsolute } from 'node:path'
import { BehaviourLimits, Pin, ProvenanceTrust, SourcePolicy } from '@castellan/quarantine'
import { z } from 'zod'

const AbsolutePath = z.string().refine(isAbsolute, 'must be an absolute path')
const GiB = 1024 ** 3

/** What the owner decides about models that come in (docs/quarantine.md). */
export const ModelsConfig = z
  .strictObject({
    /** Hosts that a model may be said to come from. */
    sources: SourcePolicy.prefault({}),
    /** Digests that are known beforehand, by the address they belong to. */
    pins: z.array(Pin).max(1000).default([]),
    provenance: z
      .strictObject({
        /** A Sigstore trusted root, as a JSON file. Nothing is fetched. */
        trustedRootFile: AbsolutePath.optional(),
        /** Public keys in PEM files that may sign models by themselves. */
        keyFiles: z.array(AbsolutePath).max(100).default([]),
        identities: ProvenanceTrust.shape.identities,
        /** Whether a model that nobody trusted signed is refused. */
        required: z.boolean().default(false),
      })
      .prefault({}),
    behaviour: z
      .strictObject({
        limits: BehaviourLimits.prefault({}),
        /** Most that trying prompts may take, in seconds. */
        seconds: z.int().min(10).max(86_400).default(1800),
      })
      .prefault({}),
    /** Largest candidate, in bytes. */
    maxBytes: z
      .int()
      .min(1024 * 1024)
      .default(512 * GiB),
    /** What was refused is kept apart for this many days, and the newest of it up to so many bytes. */
    keepRefusedDays: z.int().min(0).max(365).default(7),
    keepRefusedBytes: z
      .int()
      .min(0)
      .default(32 * GiB),
    /** How often the files of all trusted models are read and compared, in seconds. */
    verifyEverySeconds: z.int().min(3600).max(2_147_483).default(86_400),
  })
  .prefault({})
export type ModelsConfig = z.output<typeof ModelsConfig>
