import { isDeepStrictEqual } from 'node:util'
import { CastellanError, type LedgerActor, type Timestamp } from '@castellan/contracts'

/** Who made what the host's configuration declares. */
const CONFIGURATION: LedgerActor = { kind: 'system', name: 'configuration' }

interface Made {
  readonly name: string
  readonly createdBy: LedgerActor
  readonly createdAt: Timestamp
}

/** Whether the host's configuration declares it, so that only there it can be taken away. */
export function isDeclared({ createdBy }: Pick<Made, 'createdBy'>): boolean {
  return createdBy.kind === CONFIGURATION.kind && createdBy.name === CONFIGURATION.name
}

/** Throws `conflict` for what is the configuration's to take away. */
export function refuseDeclared(kind: string, made: Made): void {
  if (!isDeclared(made)) return
  throw new CastellanError(
    'conflict',
    `The ${kind} ${made.name} is declared in this host's configuration (services.castellan.${kind}s on NixOS). Take it out there.`,
  )
}

/**
 * What is kept, brought in step with what is declared now: a declaration that is new or changed starts afresh and replaces what
 * had its name, one that is as before goes on where it was, and one that is gone takes its own along. All else stays.
 */
export function mergeDeclared<Kept extends Made, Declared extends object>(
  kept: readonly Kept[],
  declared: Readonly<Record<string, Declared>>,
  fresh: (name: string, declaration: Declared, by: LedgerActor) => Kept,
): Kept[] {
  const others = kept.filter((one) => !isDeclared(one) && !(one.name in declared))
  const made = Object.entries(declared).map(([name, declaration]) => {
    const one = fresh(name, declaration, CONFIGURATION)
    const before = kept.find((candidate) => candidate.name === name)
    return before !== undefined && isDeclared(before) && saysTheSame(before, declaration) ? before : one
  })
  return [...others, ...made]
}

function saysTheSame(kept: Made, declaration: object): boolean {
  const before = kept as unknown as Record<string, unknown>
  return Object.entries(declaration).every(([key, value]) => isDeepStrictEqual(before[key], value))
}
