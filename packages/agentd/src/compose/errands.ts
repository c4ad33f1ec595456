import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import { readArguments } from '../calls/arguments.ts'
import type { Registry } from '../calls/registry.ts'
import type { Config } from '../config.ts'
import type { Host } from '../host/index.ts'
import type { Incidents } from '../incidents/incidents.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { MakeCall } from '../routines/caller.ts'
import { RoutineFile } from '../routines/routine.ts'
import { Routines } from '../routines/routines.ts'
import { StateFile } from '../state/state-file.ts'
import { lookAt } from '../watchers/look.ts'
import { WatcherFile } from '../watchers/watcher.ts'
import { Watchers } from '../watchers/watchers.ts'

export interface ErrandParts {
  /** agentd's state folder. */
  readonly folder: string
  readonly declared: Pick<Config, 'routines' | 'watchers'>
  readonly ledger: Recorder
  readonly registry: Registry
  readonly incidents: Incidents
  readonly makeCall: MakeCall
  readonly host: () => Host
  readonly log: Log
}

/** What agentd does by itself: routines and watchers. */
export async function openErrands({
  folder,
  declared,
  ledger,
  registry,
  incidents,
  makeCall,
  host,
  log,
}: ErrandParts): Promise<{
  readonly routines: Routines
  readonly watchers: Watchers
}> {
  const routines = await Routines.open({
    file: new StateFile(join(folder, 'routines.json'), RoutineFile),
    ledger,
    makeCall,
    checkCall({ tool: name, args }) {
      const { tool, descriptor } = registry.find(name)
      readArguments(tool, descriptor, args)
    },
    log,
  })
  const watchers = await Watchers.open({
    file: new StateFile(join(folder, 'watchers.json'), WatcherFile),
    ledger,
    look: (check, signal) => lookAt(check, host(), signal),
    makeCall,
    notify: ({ name }, message) => void incidents.raise({ class: 'watched_failure', subject: name, summary: message }),
    log,
  })
  await routines.declare(declared.routines)
  await watchers.declare(declared.watchers)
  return { routines, watchers }
}
