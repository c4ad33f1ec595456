import { z } from 'zod'

export const daysField = z
  .int()
  .min(1)
  .max(365)
  .default(30)
  .describe('How many days back the ledger is read, 1 to 365. Default 30.')
