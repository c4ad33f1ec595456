/** The paths of a field that has one a line; what is empty or there twice is left out. */
export function pathsIn(typed: string): readonly string[] {
  const lines = typed.split('\n').map((line) => line.trim())
  return [...new Set(lines.filter((line) => line !== ''))]
}
