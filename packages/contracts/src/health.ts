import { z } from 'zod'

/** `GET /v1/health` on every process's socket. The engine answers with its own {@link EngineHealth}. */
export const ProcessHealth = z.strictObject({
  name: z.string(),
  state: z.enum(['starting', 'ready', 'degraded', 'stopping']),
  version: z.string(),
  pid: z.int(),
  /** Seconds since the process started. */
  uptimeSeconds: z.number(),
  /** Resident memory, in bytes. */
  rssBytes: z.int(),
  /** What the process has to say about itself beyond that. */
  detail: z.record(z.string(), z.unknown()).optional(),
})
export type ProcessHealth = z.infer<typeof ProcessHealth>
