import { readFile } from 'node:fs/promises'
import { CastellanError, type ToolDescriptor } from '@castellan/contracts'
import type { ProvenanceTrust, StageFile, StageJob, StageName } from '@castellan/quarantine'
import type { ModelsConfig } from './settings.ts'

/** What is known of a candidate when its stages begin. */
export interface Candidate {
  /** As the stages see it. */
  readonly folder: string
  readonly files: readonly StageFile[]
  /** Whether a folder was imported, of however many files. */
  readonly isFolder: boolean
  readonly digest: string
  readonly expected: string | undefined
  readonly declared: string | undefined
  /** The signature that came with it, as text. */
  readonly bundle: string | undefined
}

export interface JobParts {
  readonly config: ModelsConfig
  readonly tools: () => readonly ToolDescriptor[]
  readonly engine: readonly string[]
}

/** What a stage is told. Throws `config_invalid` where the owner's files of trust cannot be read. */
export async function jobFor(
  stage: StageName,
  candidate: Candidate,
  { config, tools, engine }: JobParts,
): Promise<StageJob> {
  const { folder, digest, expected, declared, bundle } = candidate
  const common = { folder, files: [...candidate.files] }
  const given = {
    ...(expected === undefined ? {} : { expected }),
    ...(declared === undefined ? {} : { declared }),
  }
  switch (stage) {
    case 'source':
      return sourceJob(declared, config)
    case 'format':
    case 'scan':
    case 'image':
      return { stage, ...common }
    case 'integrity':
      return { stage, ...common, ...given, digest, pins: config.pins }
    case 'provenance': {
      const trust = await trustOf(config)
      return {
        stage,
        ...common,
        trust,
        required: config.provenance.required,
        ...(bundle === undefined ? {} : { bundle }),
      }
    }
    case 'behaviour': {
      const { limits, seconds } = config.behaviour
      return { stage, ...common, engine: [...engine], tools: [...tools()], limits, seconds }
    }
  }
}

/** The first stage needs no candidate: where it is said to come from is judged before anything is copied. */
export function sourceJob(declared: string | undefined, { sources }: ModelsConfig): StageJob {
  return { stage: 'source', policy: sources, ...(declared === undefined ? {} : { declared }) }
}

/** The owner's files are read anew each time: a key that was taken away is trusted no more. */
async function trustOf({ provenance }: ModelsConfig): Promise<ProvenanceTrust> {
  const { trustedRootFile, keyFiles, identities } = provenance
  return {
    identities,
    keys: await Promise.all(keyFiles.map(read)),
    ...(trustedRootFile === undefined ? {} : { trustedRoot: await read(trustedRootFile) }),
  }
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new CastellanError(
      'config_invalid',
      `${path}, which models.provenance names, cannot be read: ${cause.message}. Put it there, or take it out of the configuration.`,
      { cause },
    )
  })
}

const GiB = 1024 ** 3

/** Wall time and memory of a stage: by the candidate's size, and by the configuration for the one that runs a model. */
export function allowanceOf(
  stage: StageName,
  bytes: number,
  { behaviour }: ModelsConfig,
): { seconds: number; memoryBytes: number } {
  if (stage === 'behaviour') return { seconds: behaviour.seconds + 300, memoryBytes: 2 * GiB + 2 * bytes }
  // Reading at 20 MB/s is slow for any disk that models are kept on.
  return { seconds: 60 + Math.ceil(bytes / 20_000_000), memoryBytes: GiB }
}
