import type { SystemChanges } from '../../host/nix/changes.ts'
import type { PackageChanges } from '../../host/nix/packages.ts'
import { count, list, size } from '../words.ts'

/** What lies between two systems, for the person who is asked about a switch: a sentence a line. */
export function sentencesOf({
  packages: { added, removed, changed },
  units,
  closureBytesBefore,
  closureBytesAfter,
}: SystemChanges): string[] {
  const names = (items: readonly { readonly name: string }[]) =>
    list(
      items.map(({ name }) => name),
      8,
    )
  const difference = closureBytesAfter - closureBytesBefore
  return [
    ...(changed.length > 0 ? [`Changes ${count(changed.length, 'package')}: ${names(changed)}.`] : []),
    ...(added.length > 0 ? [`Adds ${count(added.length, 'package')}: ${names(added)}.`] : []),
    ...(removed.length > 0 ? [`Removes ${count(removed.length, 'package')}: ${names(removed)}.`] : []),
    ...(units.added.length > 0 ? [`New units: ${list(units.added, 8)}.`] : []),
    ...(units.removed.length > 0 ? [`Units that go: ${list(units.removed, 8)}.`] : []),
    ...(units.restarted.length > 0 ? [`Restarts, where they run: ${list(units.restarted, 8)}.`] : []),
    ...(units.reloaded.length > 0 ? [`Reloads: ${list(units.reloaded, 8)}.`] : []),
    `Needs ${size(closureBytesAfter)}, ${size(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} than now.`,
  ]
}

/** Packages as a unified diff, cut at 60 KiB; empty where they are the same. */
export function packageDiff({ added, removed, changed }: PackageChanges): string {
  const lines: string[] = []
  for (const { name, before, after } of [...changed, ...added, ...removed].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (before.length > 0) lines.push(`-${name} ${before.join(', ')}`)
    if (after.length > 0) lines.push(`+${name} ${after.join(', ')}`)
  }
  if (lines.length === 0) return ''
  const text = ['--- packages now', '+++ packages then', '@@ @@', ...lines].join('\n')
  return text.length <= 60 * 1024 ? text : `${text.slice(0, 60 * 1024)}\n… (cut; generation_diff shows all)`
}
