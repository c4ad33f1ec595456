import { atMostPaths, optionsProblem, patternThenPaths, type Rule } from '../options.ts'
import { pathProblem } from '../paths.ts'
import type { Word } from '../script.ts'

const diffLong =
  'stat shortstat numstat name-only name-status summary patch no-patch raw minimal patience histogram word-diff color no-color no-ext-diff no-textconv ignore-all-space ignore-space-change ignore-blank-lines check cached staged merge-base exit-code quiet no-renames'

const log: Rule = {
  flags: 'pqwbs',
  values: 'nSGLUM',
  numbers: true,
  long: `oneline graph all branches tags remotes no-merges merges reverse follow abbrev-commit first-parent no-decorate date-order topo-order ${diffLong}`,
  longOptional: 'pretty format decorate date',
  longValues: 'author committer since until after before grep max-count skip diff-filter unified',
  operands: 'paths',
}

/**
 * Subcommands that look. Options before the subcommand (`-c`, `--exec-path`) and all that is not listed (`--output`,
 * `--ext-diff`, `grep -O`) change what git runs or writes. What a repository's own configuration runs is held by the
 * sandbox, in which a harmless command can write nothing.
 */
const subcommands: Readonly<Record<string, Rule>> = {
  status: {
    flags: 'sbuvz',
    long: 'short branch long show-stash verbose',
    longOptional: 'porcelain untracked-files ignored',
    operands: 'paths',
  },
  log,
  show: log,
  diff: { flags: 'pqwbsaR', values: 'SGU', long: diffLong, longValues: 'diff-filter unified', operands: 'paths' },
  shortlog: {
    flags: 'sne',
    long: 'summary numbered email all no-merges',
    longValues: 'since until',
    operands: 'paths',
  },
  blame: { flags: 'wesltf', values: 'L', operands: 'paths' },
  branch: {
    flags: 'avr',
    long: 'all list verbose remotes show-current',
    longOptional: 'merged no-merged sort',
    operands: 'none',
  },
  tag: { flags: 'l', long: 'list', longOptional: 'sort', operands: 'none' },
  remote: { flags: 'v', long: 'verbose', operands: 'none' },
  'rev-parse': {
    long: 'show-toplevel show-prefix git-dir is-inside-work-tree verify symbolic-full-name',
    longOptional: 'short abbrev-ref',
    operands: 'paths',
  },
  'rev-list': {
    numbers: true,
    long: 'count all no-merges reverse',
    longValues: 'max-count since until',
    operands: 'paths',
  },
  'ls-files': { flags: 'cdmokstz', long: 'cached deleted modified others stage exclude-standard', operands: 'paths' },
  'ls-tree': { flags: 'drtlz', long: 'name-only', operands: 'paths' },
  'cat-file': { flags: 'pts', operands: 'paths' },
  describe: { long: 'tags always all long', longOptional: 'dirty abbrev', operands: 'paths' },
  reflog: { numbers: true, operands: exactly([], ['show']) },
  stash: { operands: exactly(['list']) },
  worktree: { operands: exactly(['list']) },
  config: { flags: 'l', long: 'get list get-all local global', operands: configReads },
  grep: {
    flags: 'niclwEFvhHq',
    values: 'eABC',
    long: 'line-number ignore-case count files-with-matches word-regexp cached untracked',
    operands: patternThenPaths(['e']),
  },
  'merge-base': { operands: 'paths' },
  'name-rev': { operands: 'paths' },
  'count-objects': { flags: 'vH', operands: 'none' },
  'check-ignore': { flags: 'v', operands: 'paths' },
}

export function gitProblem(args: readonly Word[]): string | undefined {
  let index = 0
  for (;;) {
    const value = args[index]?.value
    if (value === '--no-pager' || value === '-P') index += 1
    else if (value === '-C' && args[index + 1] !== undefined) {
      const problem = pathProblem(args[index + 1] as Word)
      if (problem !== undefined) return problem
      index += 2
    } else break
  }
  const name = args[index]?.value ?? ''
  if (name === '--version' || name === 'version')
    return args.length === index + 1 ? undefined : 'git has words too many'
  const rule = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined
  if (rule === undefined) return `git ${name} is not known to do no more than look`
  return optionsProblem(rule, args.slice(index + 1))
}

function exactly(...shapes: readonly (readonly string[])[]): Rule['operands'] {
  return (operands) =>
    shapes.some((shape) => shape.length === operands.length && shape.every((word, at) => operands[at]?.value === word))
      ? undefined
      : 'this does more than list'
}

/** `git config name value` sets it. */
function configReads(operands: readonly Word[], seen: ReadonlySet<string>): string | undefined {
  const one = atMostPaths(1)
  if (seen.has('l') || seen.has('list')) return operands.length === 0 ? undefined : 'git config has words too many'
  return seen.has('get') || seen.has('get-all') ? one(operands, seen) : 'git config may set something'
}
