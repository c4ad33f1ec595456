import type { PastCall } from './conversation.ts'

/** A pronoun that an act is done to: "restart it". "Is it up" and "it hangs" have their own ways. */
const POINTED =
  /(?<!\b(?:is|was|has|does|did|do|how|why|when|will|can|if|that|as|and|but)\s)\b(?:it|that (?:one|service|unit|app|server|file)|this (?:one|service|unit|app|server|file)|the same one)\b(?!\s+(?:is|was|has|does|looks|seems|hangs|runs|not)\b|['’])/i

/** Arguments that say which thing a call was about. */
const NAMES = ['unit', 'path', 'server', 'host', 'name', 'option'] as const

/** A request with the thing it points at named: "restart it" after a look at nginx is "restart nginx". */
export interface Named {
  readonly text: string
  readonly thing: string
}

/** Undefined where the request points at nothing, or nothing was named before. */
export function nameWhatIsPointedAt(text: string, calls: readonly PastCall[]): Named | undefined {
  const pointed = POINTED.exec(text)
  const thing = pointed === null ? undefined : lastThing(calls)
  if (pointed === null || thing === undefined) return undefined
  return { text: text.slice(0, pointed.index) + thing + text.slice(pointed.index + pointed[0].length), thing }
}

function lastThing(calls: readonly PastCall[]): string | undefined {
  for (const { args } of calls.toReversed()) {
    const thing = NAMES.map((name) => args[name]).find((value) => typeof value === 'string' && value !== '')
    if (typeof thing === 'string') return thing
  }
  return undefined
}
