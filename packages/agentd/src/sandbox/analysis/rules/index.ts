import { optionsProblem } from '../options.ts'
import { pathProblem } from '../paths.ts'
import type { Word } from '../script.ts'
import { findProblem } from './find.ts'
import { gitProblem } from './git.ts'
import { ipProblem, journalProblem, systemdOrPackagesProblem, tarProblem } from './services.ts'
import { systemRules } from './system.ts'
import { textRules } from './text.ts'

const rules = new Map(Object.entries({ ...textRules, ...systemRules }))

const special = new Map<string, (args: readonly Word[]) => string | undefined>([
  ['find', findProblem],
  ['git', gitProblem],
  ['ip', ipProblem],
  ['journalctl', journalProblem],
  ['tar', (args) => tarProblem(args, pathProblem)],
  ['command', (args) => (args[0]?.value === '-v' && args.length === 2 ? undefined : 'command runs another command')],
  ...['systemctl', 'timedatectl', 'hostnamectl', 'loginctl', 'dpkg', 'dpkg-query', 'apt-cache', 'pip'].map(
    (name) => [name, (args: readonly Word[]) => systemdOrPackagesProblem(name, args)] as const,
  ),
])

/** Programs that are asked only for their version. */
const versioned = new Set(
  'node npm python3 python ruby perl php go rustc cargo gcc make cmake docker nix openssl curl wget bash vim'.split(
    ' ',
  ),
)

/** Why a command, its name and arguments, is not known to do no more than read; undefined where it is. */
export function commandProblem([program, ...args]: readonly Word[]): string | undefined {
  if (program === undefined) return 'there is no command in it'
  const { value: name, glob } = program
  if (glob) return 'which command it runs is known only when it runs'
  if (name.includes('/')) return `${name} is named by its path, not by its name`
  const rule = rules.get(name)
  if (rule !== undefined) return described(name, optionsProblem(rule, args))
  const judge = special.get(name)
  if (judge !== undefined) return described(name, judge(args))
  if (versioned.has(name) && args.length === 1 && args[0]?.value === '--version') return undefined
  return `${name} is not among the commands known to do no more than read`
}

function described(name: string, problem: string | undefined): string | undefined {
  return problem === undefined || problem.includes(name) ? problem : `${name}: ${problem}`
}
