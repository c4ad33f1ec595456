import { DestinationRequest, InspectionPolicy } from '@castellan/contracts'
import { ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'

const NameServer = z
  .string()
  .regex(
    /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])(:\d{1,5})?$/i,
    'must be an address, with a port perhaps: 9.9.9.9, [2620:fe::fe]:53',
  )

const TCP = z
  .string()
  .regex(
    /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost):\d{1,5}$/,
    'must be an address of this machine with a port, such as 127.0.0.1:9050',
  )
  .transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
  })

/** A Tor on this machine: its SOCKS port, and its control port with one of the two ways to be let in (tor(1)). */
const Tor = z
  .strictObject({
    socks: TCP,
    control: TCP,
    /** File of `CookieAuthentication`. */
    cookieFile: z.string().min(1).optional(),
    /** File with the password of `HashedControlPassword`. */
    passwordFile: z.string().min(1).optional(),
  })
  .refine(({ cookieFile, passwordFile }) => (cookieFile === undefined) !== (passwordFile === undefined), {
    message: 'needs cookieFile or passwordFile, and not both',
  })
  .transform(({ socks, control, cookieFile, passwordFile = '' }) => ({
    socks,
    control: { ...control, ...(cookieFile === undefined ? { passwordFile } : { cookieFile }) },
  }))
export type TorConfig = z.output<typeof Tor>

/** Where `search_web` asks. */
const Search = z.strictObject({
  /** A SearXNG; its host has to be on the list as well. */
  url: z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).search === '', 'must have no query'),
  /** Without it questions leave from this host's own address. */
  tor: Tor.optional(),
})
export type SearchConfig = z.output<typeof Search>

export const AirlockConfig = ProcessConfig.extend({
  /** The instance's state folder; the airlock keeps its own files in `airlock/` under it. */
  stateDir: z.string().min(1),
  /** For the gateway: requests and tunnels. */
  airlockSocket: z.string().min(1),
  /** For root alone: the list and the latch. */
  airlockOperatorSocket: z.string().min(1),
  /** For agentd alone: requests of its tools, canaries, and shutting; `airlock-agentd.sock` beside the operator's without it. */
  airlockAgentdSocket: z.string().min(1).optional(),
  /** agentd's, for what is put on record. */
  recordSocket: z.string().min(1),
  /** Loopback port of the CONNECT proxy; 0 takes any free one. */
  proxyPort: z.int().min(0).max(65_535).default(0),
  /** Asked for names in place of what the system asks, which then includes neither its hosts file nor mDNS. */
  nameServers: z.array(NameServer).max(4).default([]),
  /** What may be reached beside what the operator allowed. Taken away only here. */
  allow: z.array(DestinationRequest).max(256).default([]),
  /** What to do with what is found in what leaves, where a destination's entry does not say. */
  inspect: InspectionPolicy.prefault({}),
  /** The search engine of `search_web`; there is none without it. */
  search: Search.optional(),
  /** File of 32 bytes that secrets are sealed with; `airlock/secrets.key` in the state folder without it, made when first needed. */
  secretsKeyFile: z.string().min(1).optional(),
  /** Requests and tunnels at once. */
  concurrency: z.int().min(1).max(4096).default(256),
})
export type AirlockConfig = z.infer<typeof AirlockConfig>
