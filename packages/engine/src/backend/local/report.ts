import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Loaded } from '../../worker/protocol.ts'
import type { BackendReport, BackendState } from '../backend.ts'
import type { ModelFile } from './file.ts'

/** What the doctor tells of a model in a worker of ours. Figures of the last load stay while the model is out of memory. */
export async function localReport(
  source: string,
  file: ModelFile | undefined,
  { model, loaded }: BackendState,
  last: Loaded | undefined,
  pid: number | undefined,
): Promise<Omit<BackendReport, 'prefix'>> {
  const compute = last?.compute
  return {
    version: compute?.release ?? null,
    model:
      file === undefined || model === null
        ? null
        : {
            ...model,
            source,
            architecture: file.facts.architecture,
            trainedContextTokens: file.facts.trainedContextTokens,
            fileBytes: file.facts.fileBytes,
          },
    compute: {
      device: compute?.device ?? null,
      why: compute?.why ?? 'Nothing has been loaded yet.',
      devices: [...(compute?.devices ?? [])],
      layersOnGpu: compute?.layersOnGpu ?? 0,
      layers: compute?.layers ?? 0,
      threads: compute?.threads ?? 0,
      cores: availableParallelism(),
      features: compute?.features ?? '',
    },
    need: last?.need ?? null,
    resident: loaded && pid !== undefined ? residentBytes(pid) : null,
    gpu: compute?.gpuMemory ?? null,
  }
}

/** `VmRSS` of proc_pid_status(5); null where it cannot be read. */
function residentBytes(pid: number): number | null {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? null : Number(kibibytes) * 1024
  } catch {
    return null
  }
}
