import { readFile } from 'node:fs/promises'

/**
 * The services that a process runs in, outermost first: a program of a user's own session is inside `user@1000.service`.
 * Empty where systemd does not run the host, or the process is gone. systemd names its control groups after the units
 * (cgroups(7)); with the old layout they are on the line `name=systemd`.
 */
export async function servicesOf(pid: number | 'self'): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  return parseServices(text)
}

export function parseServices(text: string): string[] {
  const paths = text.split('\n').flatMap((line) => /^(?:\d+:name=systemd|0:):(.*)$/.exec(line)?.[1] ?? [])
  const services = paths.map((path) => path.split('/').filter((part) => part.endsWith('.service')))
  return services.find((names) => names.length > 0) ?? []
}
