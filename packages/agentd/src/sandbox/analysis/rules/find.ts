import { firstProblem } from '../options.ts'
import { pathProblem } from '../paths.ts'
import type { Word } from '../script.ts'

const alone = new Set(
  '-print -print0 -ls -prune -empty -readable -writable -executable -not ! -o -or -a -and ( ) -depth -daystart -mount -xdev -nouser -nogroup -true -false'.split(
    ' ',
  ),
)
const withText = new Set(
  '-name -iname -path -ipath -wholename -type -xtype -size -mtime -mmin -atime -amin -ctime -cmin -maxdepth -mindepth -perm -user -group -uid -gid -regex -iregex -regextype -links -inum -printf -fstype -newermt'.split(
    ' ',
  ),
)
const withPath = new Set(['-newer', '-anewer', '-cnewer', '-samefile'])

/** find(1) has actions among its tests; `-exec`, `-delete`, `-fprint` and all that is not listed are more than looking. */
export function findProblem(args: readonly Word[]): string | undefined {
  let index = 0
  while (/^-[HLP]$/.test(args[index]?.value ?? '')) index += 1
  const firstTest = args.findIndex(({ value }, at) => at >= index && /^[-!(]/.test(value))
  const starts = args.slice(index, firstTest < 0 ? undefined : firstTest)
  const expression = firstTest < 0 ? [] : args.slice(firstTest)
  return firstProblem(starts) ?? expressionProblem(expression)
}

function expressionProblem(expression: readonly Word[]): string | undefined {
  for (let index = 0; index < expression.length; index++) {
    const { value, glob } = expression[index] as Word
    if (glob && value !== '!') return `${value} is put in when it runs`
    if (alone.has(value)) continue
    const argument = expression[++index]
    if (argument === undefined) return `find does not end well after ${value}`
    if (argument.glob) return 'file names are put in for a pattern that is not quoted'
    if (withText.has(value)) continue
    if (!withPath.has(value)) return `find's ${value} is not known to be harmless`
    const problem = pathProblem(argument)
    if (problem !== undefined) return problem
  }
  return undefined
}
