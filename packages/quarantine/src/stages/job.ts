import { Sha256Hex, ToolDescriptor } from '@castellan/contracts'
import { z } from 'zod'
import { BehaviourLimits } from '../behaviour/risk.ts'
import { ProvenanceTrust } from '../provenance/trust.ts'
import { SourcePolicy } from '../source/index.ts'

/** The stages, in the order in which a candidate goes through them. */
export const stageNames = ['source', 'format', 'integrity', 'provenance', 'scan', 'image', 'behaviour'] as const
export const StageName = z.enum(stageNames)
export type StageName = z.infer<typeof StageName>

/** One file of the candidate: its name, and what the daemon knows of it. */
export const StageFile = z.strictObject({
  /** Within the candidate's folder. */
  name: z.string().min(1).max(1000),
  bytes: z.int().min(0),
  sha256: Sha256Hex,
})
export type StageFile = z.infer<typeof StageFile>

/** A file whose digest the owner's configuration knows, for one address of one revision. */
export const Pin = z.strictObject({
  source: z.string().max(2048),
  revision: z.string().max(100).optional(),
  sha256: Sha256Hex,
})
export type Pin = z.infer<typeof Pin>

const common = {
  /** Where the candidate's files are, as the stage sees them. */
  folder: z.string().min(1),
  files: z.array(StageFile).min(1).max(2000),
}

/** What one stage is told, on its standard input. */
export const StageJob = z.discriminatedUnion('stage', [
  z.strictObject({ stage: z.literal('source'), declared: z.string().optional(), policy: SourcePolicy }),
  z.strictObject({ stage: z.literal('format'), ...common }),
  z.strictObject({
    stage: z.literal('integrity'),
    ...common,
    /** What whoever asked says that it is, and the address they gave. */
    expected: Sha256Hex.optional(),
    declared: z.string().optional(),
    /** The digest of the whole, which is the file's where there is one. */
    digest: Sha256Hex,
    pins: z.array(Pin).max(1000),
  }),
  z.strictObject({
    stage: z.literal('provenance'),
    ...common,
    bundle: z.string().max(4_194_304).optional(),
    trust: ProvenanceTrust,
    /** Whether a model without a signature of somebody trusted is refused. */
    required: z.boolean(),
  }),
  z.strictObject({ stage: z.literal('scan'), ...common }),
  z.strictObject({ stage: z.literal('image'), ...common }),
  z.strictObject({
    stage: z.literal('behaviour'),
    ...common,
    /** Command line of the engine. */
    engine: z.array(z.string()).min(1),
    tools: z.array(ToolDescriptor),
    limits: BehaviourLimits,
    /** Most that the prompts may take together, in seconds. */
    seconds: z.int().min(1).max(86_400),
  }),
])
export type StageJob = z.infer<typeof StageJob>
export type JobOf<Name extends StageName> = Extract<StageJob, { stage: Name }>
