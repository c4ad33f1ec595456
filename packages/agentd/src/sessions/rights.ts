import { type CapabilityRights, CastellanError, type ToolName, type ToolResource } from '@castellan/contracts'

/*
 * What a capability lets through. Two questions, answered by the same comparisons: does a call stay inside, and does a
 * child stay inside its parent? Whatever is not named is not allowed.
 */

/** Throws `capability_denied` where a call is more than these rights allow. */
export function refuseOutside(rights: CapabilityRights, tool: ToolName, resources: readonly ToolResource[]): void {
  if (!rights.tools.includes(tool)) throw denied(`the tool ${tool}`)
  for (const { kind, id, access } of resources) {
    if (kind === 'path' && !coversPath(access === 'write' ? rights.writable : readableOf(rights), id)) {
      throw denied(`${access === 'write' ? 'writing' : 'reading'} ${id}`)
    }
    if (kind === 'host' && !coversHost(rights.hosts, id)) throw denied(`the host ${id}`)
  }
}

/** What a child would have that its parent has not; empty where it stays inside. */
export function widened(parent: CapabilityRights, child: CapabilityRights): string[] {
  return [
    ...child.tools.filter((tool) => !parent.tools.includes(tool)).map((tool) => `the tool ${tool}`),
    ...child.readable.filter((path) => !coversPath(readableOf(parent), path)).map((path) => `reading ${path}`),
    ...child.writable.filter((path) => !coversPath(parent.writable, path)).map((path) => `writing ${path}`),
    ...child.hosts.filter((host) => !coversHost(parent.hosts, host)).map((host) => `the host ${host}`),
  ]
}

/** What may be written may be read. */
function readableOf({ readable, writable }: CapabilityRights): readonly string[] {
  return [...readable, ...writable]
}

/** Whether one of the granted paths is this one or a folder above it. What still has `.` or `..` in it is nowhere. */
function coversPath(granted: readonly string[], path: string): boolean {
  if (path.split('/').some((part) => part === '.' || part === '..')) return false
  return granted.some((root) => root === '/' || path === trimmed(root) || path.startsWith(`${trimmed(root)}/`))
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** Whether one of the granted names is this one or, as `*.NAME`, stands for it. `*.NAME` does not stand for NAME itself. */
function coversHost(granted: readonly string[], host: string): boolean {
  const name = host.toLowerCase()
  return granted.some(
    (pattern) =>
      name === pattern || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)) && name !== pattern.slice(1)),
  )
}

function denied(what: string): CastellanError {
  return new CastellanError(
    'capability_denied',
    `The capability of this call does not cover ${what}. Nothing was done; call without it, or with one that does.`,
  )
}
