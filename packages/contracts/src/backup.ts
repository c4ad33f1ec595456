import { z } from 'zod'
import { Timestamp } from './ids.ts'

/** Identifies one backup; begins with the time it was made, so ids sort by age. Chosen by agentd. */
export const BackupId = z
  .string()
  .regex(/^bak_[0-9]{8}T[0-9]{6}Z-[0-9a-z]{6}$/, 'must look like bak_20261121T090000Z-x7k2mp')
  .brand<'BackupId'>()
export type BackupId = z.infer<typeof BackupId>

/** `GET /v1/backups/key` on operator.sock: the key that backups are encrypted for; its private half is with the owner. */
export const BackupKey = z.strictObject({
  /** 32 hex digits; each backup says which key opens it. */
  key_id: z.string(),
  created_at: Timestamp,
})
export type BackupKey = z.infer<typeof BackupKey>

/** Its answer: null as long as none was made. */
export const BackupKeyState = z.strictObject({ key: BackupKey.nullable() })
export type BackupKeyState = z.infer<typeof BackupKeyState>

/** `POST /v1/backups/key` on operator.sock: makes one. `replace` where there is one already; old backups keep theirs. */
export const BackupKeyRequest = z.strictObject({ replace: z.boolean().default(false) })
export type BackupKeyRequest = z.infer<typeof BackupKeyRequest>

/** Its answer. The recovery key is shown this once and is stored nowhere. */
export const BackupKeyMade = z.strictObject({ ...BackupKey.shape, recovery_key: z.string() })
export type BackupKeyMade = z.infer<typeof BackupKeyMade>

/**
 * `POST /v1/backups/unlock` on operator.sock: hands the recovery key over for one use, one backup and one purpose, within
 * ten minutes. It stays in agentd's memory until then and is in no call, log or ledger entry.
 */
export const BackupUnlocking = z.strictObject({
  backup_id: BackupId,
  purpose: z.enum(['verify', 'restore']),
  recovery_key: z.string().min(1).max(200),
})
export type BackupUnlocking = z.infer<typeof BackupUnlocking>

/** Its answer. */
export const BackupUnlocked = z.strictObject({ expires_at: Timestamp })
export type BackupUnlocked = z.infer<typeof BackupUnlocked>
