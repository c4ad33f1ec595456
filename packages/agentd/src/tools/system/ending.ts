import { CastellanError, Timestamp, type ToolPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import type { PowerAct } from '../../host/power.ts'
import { textField } from '../fields.ts'
import { count, duration, list, moment } from '../words.ts'

/** What system_reboot and system_shutdown have in common. */

/** Enough for the answer to be recorded and delivered. */
const LEAST_SECONDS = 5
const MOST_SECONDS = 7 * 86_400

export const EndingInput = z.strictObject({
  delaySeconds: z
    .int()
    .min(LEAST_SECONDS)
    .max(MOST_SECONDS)
    .default(10)
    .describe(`Seconds until it happens, ${LEAST_SECONDS} to ${MOST_SECONDS} (a week). Default 10.`),
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Instead of a delay: when, as RFC 3339 ("2026-11-21T03:00:00Z"), within a week.'),
  reason: textField(200)
    .refine((text) => text.trim() !== '' && !/[\p{Cc}\p{Cf}]/u.test(text), 'must be one line of text')
    .describe('Why, for the people who are logged in and for the journal.'),
})
type EndingInput = z.infer<typeof EndingInput>

export const EndingOutput = z.strictObject({
  at: Timestamp.describe('When it happens.'),
  delaySeconds: z.int(),
  timer: z.string().describe('The systemd timer that waits; service_stop with it calls it off.'),
  reason: z.string(),
})

/** Schedules the act; the answer is recorded before anything happens. */
export async function scheduleEnding(act: PowerAct, input: EndingInput, host: Host, signal: AbortSignal) {
  const { at, timer } = await host.power.schedule(act, secondsUntil(input), input.reason.trim(), signal)
  return { at: at.toISOString(), delaySeconds: secondsUntil(input), timer, reason: input.reason.trim() }
}

export async function previewEnding(
  act: PowerAct,
  input: EndingInput,
  host: Host,
  signal: AbortSignal,
): Promise<ToolPreview> {
  await host.power.refuseIfScheduled(signal)
  const seconds = secondsUntil(input)
  const [services, sessions] = await Promise.all([
    host.systemd.services(signal),
    host.system.logins().then(
      ({ present }) => present,
      () => [],
    ),
  ])
  const running = services.filter(({ subState }) => subState === 'running').length
  const when = `in ${duration(seconds)}, at ${moment(new Date(Date.now() + seconds * 1000))}`
  return {
    effects: [
      act === 'reboot'
        ? `Restarts the machine ${when}: ${count(running, 'running service')} stop, and start again if they are enabled.`
        : `Turns the machine off ${when}: ${count(running, 'running service')} stop. Somebody has to turn it on again.`,
      `Reason: ${input.reason.trim()}`,
      ...(sessions.length === 0
        ? []
        : [`Logged in now: ${list([...new Set(sessions.map(({ user }) => user))])}. Their work is cut off.`]),
      ...(act === 'reboot'
        ? ['It comes back with the system that is set to boot; what was only switched to for a test is gone.']
        : []),
    ],
    undo: `Until then service_stop castellan-${act}.timer calls it off; afterwards nothing does.`,
  }
}

function secondsUntil({ at, delaySeconds }: EndingInput): number {
  if (at === undefined) return delaySeconds
  const seconds = Math.round((Date.parse(at) - Date.now()) / 1000)
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return seconds
  throw new CastellanError(
    'invalid_arguments',
    `${at} is not within the next week (and at least ${LEAST_SECONDS} s from now). Name a time that is, or a delay.`,
  )
}
