import { isAbsolute } from 'node:path'
import { ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'

const AbsolutePath = z.string().refine(isAbsolute, 'must be an absolute path')

/** What a timer can wait for: 2^31 - 1 ms. */
const MAX_TIMER_SECONDS = 2_147_483

/** What agentd can be told. `docs/tool-call.md` says what the limits limit. */
export const Config = ProcessConfig.extend({
  /** agentd keeps `agentd/`, `ledger/` and `workspace/` in it. */
  stateDir: AbsolutePath,
  agentSocket: AbsolutePath,
  operatorSocket: AbsolutePath,
  /** File with the owner's token, which may approve calls; needed only for that. */
  tokenFile: AbsolutePath.optional(),
  files: z
    .strictObject({
      /** Folders that file tools may touch beside the workspace. */
      roots: z.array(z.strictObject({ path: AbsolutePath, access: z.enum(['read', 'write']) })).default([]),
    })
    .prefault({}),
  approvals: z
    .strictObject({
      /** Whether whoever holds the owner's token may approve. Meant for one owner on one machine. */
      ownerToken: z.boolean().default(true),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Calls running at once; more are refused with `busy`. */
      callsInFlight: z.int().min(1).max(1024).default(64),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      /** C2SP tlog-policy file: the witnesses that cosign the ledger, and how many of them suffice. */
      witnessPolicy: AbsolutePath.optional(),
      /** Seconds from one cosigning to the next; the first is at the start. */
      cosignEverySeconds: z.int().min(1).max(MAX_TIMER_SECONDS).default(3600),
      retention: z
        .strictObject({
          /** Payloads older than this many days are destroyed, leaves stay; none are without it. */
          payloadDays: z.int().min(1).max(36_500).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
})
export type Config = z.output<typeof Config>
