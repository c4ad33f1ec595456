const counted = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`

/** A span as watchers have them, in seconds: `30 seconds`, `5 minutes`, `2 hours`. */
const span = (seconds: number) => {
  if (seconds % 3600 === 0 && seconds > 0) return counted(seconds / 3600, 'hour')
  return seconds % 60 === 0 && seconds > 0 ? counted(seconds / 60, 'minute') : counted(seconds, 'second')
}

/** The words about what the server keeps an eye on. */
export const watchers = {
  title: 'Watchers',
  what: 'the watchers',
  none: 'Nothing is watched',
  noneLead: 'A watcher looks at one thing again and again, and does something about it when it stays wrong.',
  add: 'Add a watcher',
  again: 'Look again',
  states: { unknown: 'not looked at yet', healthy: 'well', failing: 'failing', escalated: 'acted upon' },
  looks: (check: string, seconds: number) => `Looks every ${span(seconds).replace(/^1 /, '')} whether ${check}`,
  found: 'It found:',
  since: 'Since',
  failed: (looks: number, needed: number) =>
    looks < needed
      ? `Wrong ${counted(looks, 'time')} in a row; after ${needed} the first step is taken.`
      : `Wrong ${counted(looks, 'time')} in a row.`,
  ladder: (name: string) => `Steps of ${name}`,
  ladderLead: (failures: number, steps: number, grace: number) => {
    const when = failures === 1 ? 'At the first wrong look' : `When it is wrong ${failures} times in a row`
    return steps === 1 ? `${when}:` : `${when}, with ${span(grace)} from step to step:`
  },
  taken: 'taken',
  next: 'next',
  exhausted: 'Every step was taken, and it is still wrong.',
  agreed: 'Steps agreed to: they ask nobody again',
  asks: 'Steps not agreed to: they ask each time',
  record: 'On record',
  remove: 'Remove',
  on: (act: string, name: string) => `${act}: ${name}`,
  removal: {
    title: (name: string) => `Remove ${name}?`,
    effects: (check: string) => [`Nobody looks any more whether ${check}.`, 'Steps that were taken stay taken.'],
    undo: 'Undo adds it again; it then starts to look afresh.',
    act: 'Remove it',
    done: (name: string) => `${name} is removed.`,
  },
  form: {
    title: 'Add a watcher',
    lead: 'It looks again and again. When what it wants to find stays wrong, it takes one step after the other.',
    name: 'Name',
    nameNote: 'Lower-case letters, digits and dashes. Its steps are on record under it.',
    description: 'What it is for',
    kind: 'What to look at',
    kinds: {
      unit: 'A unit is active',
      tcp: 'A port answers',
      http: 'A web address answers',
      disk: 'A file system is not too full',
      memory: 'Memory is not too full',
      load: 'The load is not too high',
    },
    unit: 'Unit',
    unitNote: 'Such as nginx.service.',
    host: 'Host',
    port: 'Port',
    url: 'Address',
    urlNote: 'Such as http://127.0.0.1/health.',
    status: 'Expected status',
    statusNote: 'Any from 200 to 399 is well without one.',
    path: 'Any path on it',
    percent: 'At most so many percent',
    perCpu: 'At most so much per processor',
    often: 'When',
    every: 'Seconds from look to look',
    failures: 'Wrong looks in a row',
    grace: 'Seconds from step to step',
    ladder: 'Steps',
    step: (number: number) => `Step ${number}`,
    acts: {
      restart: 'Restart a unit',
      rollback: 'Go back to the NixOS generation before',
      notify: 'Tell me by an incident',
    },
    restartUnit: (number: number) => `Unit of step ${number}`,
    addStep: 'Add a step',
    dropStep: (number: number) => `Take step ${number} out`,
    agree: 'What you agree to',
    agreeing: 'These steps, while it stays wrong, without being asked again:',
    stepWords: {
      restart: (unit: string) => `restart ${unit}`,
      rollback: 'go back to the NixOS generation before',
      notify: 'open an incident',
    },
    agreeUndo: 'Undo removes the watcher. What its steps did by then stays.',
    act: 'Add it',
    added: (name: string) => `${name} is added.`,
    unready: {
      name: 'Give it a name: lower-case letters, digits and dashes.',
      unit: 'Name the unit.',
      host: 'Name the host.',
      port: 'A port is 1 to 65535.',
      url: 'Write an http or https address.',
      status: 'A status is 100 to 599.',
      path: 'Name a path.',
      percent: 'A share is 1 to 100 percent.',
      load: 'A load is 0.1 to 1000 per processor.',
      every: 'From look to look are 10 to 86400 seconds.',
      failures: 'Looks in a row are 1 to 20.',
      grace: 'From step to step are 0 to 86400 seconds.',
      step: (number: number) => `Name the unit of step ${number}.`,
    },
  },
} as const
