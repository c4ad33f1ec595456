import { optionsProblem, type Rule } from '../options.ts'
import type { Word } from '../script.ts'

/** Programs that look or change by a subcommand: the words that only look, and their options. */
const byVerb: Readonly<Record<string, { readonly verbs: readonly string[]; readonly rule: Rule }>> = {
  systemctl: {
    verbs: [
      'status',
      'is-active',
      'is-enabled',
      'is-failed',
      'list-units',
      'list-unit-files',
      'list-timers',
      'list-sockets',
      'list-dependencies',
      'show',
      'cat',
      'is-system-running',
      'get-default',
    ],
    rule: {
      flags: 'alq',
      values: 'ptn',
      long: 'all full no-pager no-legend quiet failed plain user reverse',
      longValues: 'property type state lines output',
      operands: 'text',
    },
  },
  timedatectl: { verbs: ['status', 'show', 'list-timezones'], rule: { long: 'no-pager', operands: 'text' } },
  hostnamectl: { verbs: ['status'], rule: { operands: 'text' } },
  loginctl: { verbs: ['list-sessions', 'list-users'], rule: { long: 'no-pager no-legend', operands: 'text' } },
  dpkg: {
    verbs: ['-l', '-s', '-L', '-S', '--list', '--status', '--listfiles', '--search'],
    rule: { operands: 'text' },
  },
  'dpkg-query': { verbs: ['-l', '-s', '-L', '-S', '-W'], rule: { operands: 'text' } },
  'apt-cache': { verbs: ['policy', 'show', 'search', 'depends', 'rdepends'], rule: { operands: 'text' } },
  pip: { verbs: ['list', 'freeze', 'show'], rule: { long: 'outdated', operands: 'text' } },
}

const journal: Rule = {
  flags: 'bekrqax',
  values: 'unptgoS',
  long: 'no-pager boot dmesg reverse quiet list-boots disk-usage utc all no-hostname catalog',
  longValues: 'unit lines priority since until grep output identifier',
  operands: 'none',
}

const network = ['address', 'addr', 'a', 'link', 'l', 'route', 'r', 'neighbour', 'neigh', 'n', 'rule']

export function systemdOrPackagesProblem(name: string, args: readonly Word[]): string | undefined {
  const entry = byVerb[name]
  if (entry === undefined) return `${name} is not known to do no more than read`
  const at = args.findIndex(({ value }) => entry.verbs.includes(value))
  if (at < 0 || args.slice(0, at).some(({ value }) => !/^--(?:no-pager|user|no-legend)$/.test(value))) {
    return `this use of ${name} is not known to do no more than read`
  }
  return optionsProblem(entry.rule, [...args.slice(0, at), ...args.slice(at + 1)])
}

/** `--vacuum-size`, `--rotate`, `--flush`, `--file` and following without end are not listed. */
export function journalProblem(args: readonly Word[]): string | undefined {
  return optionsProblem(journal, args)
}

/** `ip [options] object [show|list [dev NAME]]`, and nothing after that: the rest of its words change the network. */
export function ipProblem(args: readonly Word[]): string | undefined {
  const words = args.map(({ value }) => value)
  while (/^-(?:4|6|br|brief|c|color|s|d|o|j|p|details|stats|oneline|json|pretty)$/.test(words[0] ?? '')) words.shift()
  const [object, verb, ...rest] = words
  const shown = verb === undefined || ['show', 'list', 'sh', 'ls'].includes(verb)
  const plain =
    rest.length === 0 || (rest.length === 2 && rest[0] === 'dev') || (rest.length === 1 && /^\w+$/.test(rest[0] ?? ''))
  return network.includes(object ?? '') && shown && plain ? undefined : 'this use of ip may change the network'
}

/** Listing only, and from one file: `tar -tzf x.tar.gz`. */
export function tarProblem(args: readonly Word[], pathProblem: (path: Word) => string | undefined): string | undefined {
  const [mode, file, ...rest] = args
  if (
    mode === undefined ||
    file === undefined ||
    rest.length > 0 ||
    !/^-?t[vzjJ]*f$|^-?[vzjJ]+tv?f$/.test(mode.value)
  ) {
    return 'this use of tar is not known to do no more than list'
  }
  return file.glob
    ? 'file names are put in when it runs'
    : file.value.includes(':')
      ? 'the archive may be remote'
      : pathProblem(file)
}
