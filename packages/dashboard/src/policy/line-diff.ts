/** Lines kept around what differs. */
const AROUND = 3

/** What differs between two texts, as one block of a unified diff; empty where nothing does. */
export function lineDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const [old, fresh] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1
  let end = 0
  while (end < old.length - start && end < fresh.length - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1
  const from = Math.max(0, start - AROUND)
  const [oldEnd, freshEnd] = [old.length - end, fresh.length - end]
  const tail = Math.min(AROUND, end)
  const head = `@@ -${from + 1},${oldEnd + tail - from} +${from + 1},${freshEnd + tail - from} @@`
  return [
    `--- ${name}`,
    `+++ ${name}`,
    head,
    ...old.slice(from, start).map((line) => ` ${line}`),
    ...old.slice(start, oldEnd).map((line) => `-${line}`),
    ...fresh.slice(start, freshEnd).map((line) => `+${line}`),
    ...old.slice(oldEnd, oldEnd + tail).map((line) => ` ${line}`),
  ].join('\n')
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
