import { isIP } from 'node:net'
import type { ToolLimits, ToolResource } from '@castellan/contracts'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** RFC 1123 labels; a dot at the end and underscores (SRV, DKIM) are names as well. */
const NAME = /^(?=.{1,254}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i

/** A host by name or address, in lower case and without the dot at its end: as policy sees it. */
export const hostField = (what: string) =>
  z
    .string()
    .min(1)
    .max(254)
    .refine((host) => isIP(host) !== 0 || NAME.test(host), 'must be a host name such as "example.org" or an IP address')
    .transform((host) => host.toLowerCase().replace(/\.$/, ''))
    .describe(what)

export const portField = z.int().min(1).max(65_535)

export const timeoutField = (standard: number) =>
  z.int().min(1).max(20).default(standard).describe(`Seconds to wait for an answer, 1 to 20. Default ${standard}.`)

/** What goes out is rare: a conversation asks a few times, a scan would ask thousands. */
export const probeLimits: ToolLimits = { timeoutMs: 60_000, outputBytes: 64 * 1024, perMinute: 60 }

/**
 * What policy decides a probe by. The lookup alone already tells somebody's name server. A host has one name here, however it
 * is written: `127.1`, `0x7f.0.0.1`, `2130706433` and `::ffff:127.0.0.1` all lead to 127.0.0.1 (inet_aton(3), RFC 4291).
 */
export function hostResource(host: string): readonly ToolResource[] {
  const name = host.toLowerCase().replace(/\.$/, '')
  return [{ kind: 'host', id: ipaddr.isValid(name) ? ipaddr.process(name).toString() : name, access: 'read' }]
}
