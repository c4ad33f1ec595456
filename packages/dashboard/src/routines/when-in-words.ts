import { routines as words } from '../strings/routines.ts'
import { cronInWords } from './cron-words.ts'
import type { RoutineView } from './views.ts'

/** `every 5 minutes`, `every day at 07:00, Europe/Berlin time`; a pattern that words would not make clearer stays as agentd tells it. */
export function whenInWords({ schedule, timing }: Pick<RoutineView, 'schedule' | 'timing'>): string {
  if ('everySeconds' in schedule) return timing
  const said = cronInWords(schedule.cron)
  return said === null ? timing : `${said}, ${words.zone(schedule.timezone)}`
}
