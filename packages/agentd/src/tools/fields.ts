import { z } from 'zod'

/** Fields that several tools have in common, so that they read and refuse alike. */

export const pathField = (what: string) =>
  z
    .string()
    .min(1)
    .max(4096)
    .describe(
      `${what} Relative paths start in the workspace, e.g. "notes.txt"; absolute ones must be in a granted folder.`,
    )

export const limitField = (most: number, standard: number, what: string) =>
  z.int().min(1).max(most).default(standard).describe(`At most this many ${what}, 1 to ${most}. Default ${standard}.`)

export const offsetField = (what: string) =>
  z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(`How many ${what} to leave out from the front, to see the rest of a longer list. Default 0.`)

export const momentField = (what: string) =>
  z
    .string()
    .min(1)
    .max(80)
    .describe(
      `${what} A span back from now ("2 hours", "15m"), a moment ("yesterday", "this morning", "9am", "boot") or RFC 3339.`,
    )

/** systemd.unit(5): letters, digits and `:-_.\@`, at most 255 characters. */
export const unitField = z
  .string()
  .regex(
    /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,254}$/,
    'must be a unit name: letters, digits and : - _ . \\ @, not starting with a dash',
  )
  .describe('Name of a systemd unit, e.g. "nginx" or "postgresql.service". Without a suffix .service is meant.')

/** Text that UTF-8 can hold: a lone surrogate would silently become something else. */
export const textField = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')

export const truncatedField = z.boolean().describe('Whether there is more than this answer shows.')

/** Percent with one decimal. */
export const percentField = z.number().min(0)
