import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { isDeclared } from '../../declared/merge.ts'
import { checkInWords, type KeptWatcher, stepInWords } from '../../watchers/watcher.ts'

export const shownWatcher = z.strictObject({
  name: z.string(),
  description: z.string(),
  check: z.string().describe('What it wants to find, in words.'),
  everySeconds: z.int(),
  failures: z.int().describe('Looks in a row that have to find it wrong before anything is done.'),
  graceSeconds: z.int().describe('Time that a step is given to help before the next one.'),
  ladder: z.array(z.string()).describe('What is done about it, in order, in words.'),
  agreed: z.boolean().describe('Whether a person agreed to exactly these steps, so that they ask nobody again.'),
  declared: z
    .boolean()
    .describe('Whether the configuration of the host declares it, so that only there it can be taken away.'),
  createdBy: z.string(),
  state: z.enum(['unknown', 'healthy', 'failing', 'escalated']),
  since: Timestamp,
  failedLooks: z.int().describe('Looks in a row that found it wrong.'),
  stepsTaken: z.int(),
  message: z.string().describe('What the last look found.'),
})

export function presentWatcher(watcher: KeptWatcher): z.infer<typeof shownWatcher> {
  const { name, description, check, everySeconds, failures, graceSeconds, ladder, agreed, createdBy, standing } =
    watcher
  return {
    name,
    description,
    check: checkInWords(check),
    everySeconds,
    failures,
    graceSeconds,
    ladder: ladder.map(stepInWords),
    agreed,
    declared: isDeclared(watcher),
    createdBy: createdBy.name,
    state: standing.state,
    since: standing.since,
    failedLooks: standing.failures,
    stepsTaken: standing.steps,
    message: standing.message,
  }
}
