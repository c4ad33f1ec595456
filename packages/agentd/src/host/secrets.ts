const secretName =
  '[a-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|credential|private[-_]?key)[a-z0-9_.-]*'
const assignment = new RegExp(`^(-{0,2}${secretName}=).+`, 'is')
const flag = new RegExp(`^--?${secretName}$`, 'i')
const urlPassword = /(\/\/[^/\s:@]*:)[^/\s@]+@/g

/** A command line with the values that look like secrets blanked: `--token=…`, `--password x`, `//user:…@host`. */
export function blankSecrets(args: readonly string[]): string {
  return args
    .map((arg, index) => {
      if (index > 0 && flag.test(args[index - 1] ?? '') && !arg.startsWith('-')) return '…'
      return arg.replace(assignment, '$1…').replace(urlPassword, '$1…@')
    })
    .join(' ')
}
