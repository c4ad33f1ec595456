/**
 * Languages within the shell's language. A sed, awk or jq program can write files and run commands, so only shapes that
 * are known to do neither are let through; the rest is for people to read.
 */

const sedAddress = String.raw`(?:\d+|\$|/[^/\\\n]*/)`
const sedPrint = new RegExp(`^(?:${sedAddress}(?:,${sedAddress})?)?[pdq=]$`)
/** `s/a/b/flags` without the flags `e` (runs it), `w` (writes it) and `m`. */
const sedSubstitute = new RegExp(
  String.raw`^(?:${sedAddress})?s/(?:[^/\\\n]|\\[^\n])*/(?:[^/\\\n]|\\[^\n])*/[gIi0-9p]*$`,
)

export function sedProblem(program: string): string | undefined {
  if (sedPrint.test(program) || sedSubstitute.test(program)) return undefined
  return 'the sed program does more than print, delete or substitute'
}

const awkField = String.raw`(?:\$\d+|\$NF|NR|NF|"[^"\\\n]*")`
const awkPrint = new RegExp(
  String.raw`^\s*(?:/[^/\\\n]*/|NR\s*[=><]=?\s*\d+|\$\d+\s*[=><]=?\s*\d+)?\s*\{\s*print(?:\s+${awkField}(?:(?:\s*,\s*|\s+)${awkField})*)?\s*\}\s*$`,
)

/** `print > "file"`, `print | "command"`, `system()` and `getline` do not have this shape. */
export function awkProblem(program: string): string | undefined {
  return awkPrint.test(program) ? undefined : 'the awk program does more than print fields'
}

/** jq writes and runs nothing, but modules come from files and `env` tells the environment. */
export function jqProblem(program: string): string | undefined {
  return /\b(?:import|include|env|input_filename|ENV|getpath\/1|debug|halt)\b/.test(program)
    ? 'the jq program uses modules or its environment'
    : undefined
}
