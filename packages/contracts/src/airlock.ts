import { z } from 'zod'
import { LedgerIndex, Timestamp } from './ids.ts'
import { EgressAuth, InspectionPolicy } from './inspection/policy.ts'

/** A DNS name in lower case, without the dot that may end it (RFC 1123). Addresses are no names. */
const NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
/** The WHATWG URL parser reads a name whose last label is a number as an IPv4 address. */
const NUMERIC_END = /(^|\.)(\d+|0x[0-9a-f]*)$/

/** A host by its name: lower case, punycode where it has other letters, no address, no dot at its end. */
export const HostName = z
  .string()
  .max(253)
  .refine((name) => NAME.test(name) && !NUMERIC_END.test(name), 'must be a host name such as "api.example.org"')
export type HostName = z.infer<typeof HostName>

/** `api.example.org` for exactly that host, `*.example.org` for every name below it and not for itself. */
export const HostPattern = z
  .string()
  .max(255)
  .refine(
    (pattern) => HostName.safeParse(pattern.replace(/^\*\./, '')).success && pattern !== '*',
    'must be a host name such as "api.example.org", or "*.example.org" for every name below it',
  )
export type HostPattern = z.infer<typeof HostPattern>

const Port = z.int().min(1).max(65_535)

export const EgressMethod = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
export type EgressMethod = z.infer<typeof EgressMethod>

/** What a request is for, in a word that the ledger keeps for ever: `engine.openai`, `credential.probe`. */
export const EgressPurpose = z
  .string()
  .regex(/^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/, 'must be lower-case words with dots, like engine.openai')
  .max(64)
export type EgressPurpose = z.infer<typeof EgressPurpose>

/** Identifies one entry of the airlock's list. */
export const DestinationId = z.string().regex(/^dst_[0-9A-Za-z_-]{8,64}$/, 'must look like dst_…')
export type DestinationId = z.infer<typeof DestinationId>

/**
 * Where a host may be. `public`: addresses of the internet only. `private`: addresses of the owner's own networks only (RFC
 * 1918, RFC 4193, RFC 6598). `loopback`: this machine only. Metadata services, link-local and everything special are in none.
 */
export const Reach = z.enum(['public', 'private', 'loopback'])
export type Reach = z.infer<typeof Reach>

/** `POST /v1/destinations` on airlock-operator.sock: what may be reached from now on. */
export const DestinationRequest = z
  .strictObject({
    host: HostPattern,
    scheme: z.enum(['https', 'http']).default('https'),
    /** 443 or 80 without it. */
    port: Port.optional(),
    /** Any without it. */
    methods: z.array(EgressMethod).min(1).max(7).optional(),
    /** The path and everything below it: `/v1` admits `/v1` and `/v1/models`, not `/v10`. */
    path: z
      .string()
      .max(1024)
      .regex(/^\/[A-Za-z0-9._~!$&'()*+,=:@/-]*$/, 'must begin with / and be written plainly, without % or ?')
      .refine(
        (path) => !path.split('/').some((part) => part === '.' || part === '..'),
        'must not hold . or .. as a part',
      )
      .default('/'),
    reach: Reach.default('public'),
    /** Certificates in PEM form, the only ones that vouch for this host; those of Node (Mozilla's list) without it. */
    ca: z.string().max(65_536).optional(),
    /** Requests a minute. */
    per_minute: z.int().min(1).max(100_000).default(600),
    /** What to do with what is found in what goes there; what is absent is as everywhere else. */
    inspect: InspectionPolicy.optional(),
    /** Whose credentials its headers may carry; `own` without it. */
    auth: EgressAuth.optional(),
    note: z.string().trim().max(200).optional(),
  })
  .check((context) => {
    const { scheme, ca } = context.value
    if (scheme === 'http' && ca !== undefined) {
      context.issues.push({ code: 'custom', path: ['ca'], input: ca, message: 'is for https only' })
    }
  })
export type DestinationRequest = z.input<typeof DestinationRequest>

export const Destination = z.strictObject({
  id: DestinationId,
  host: HostPattern,
  scheme: z.enum(['https', 'http']),
  port: Port,
  methods: z.array(EgressMethod).optional(),
  path: z.string(),
  reach: Reach,
  ca: z.string().optional(),
  per_minute: z.int(),
  inspect: InspectionPolicy.optional(),
  auth: EgressAuth.optional(),
  note: z.string().optional(),
  /** `configuration`: from the airlock's configuration, where alone it can be taken away. */
  from: z.enum(['operator', 'configuration']),
  added_at: Timestamp,
})
export type Destination = z.infer<typeof Destination>

/** Whether the airlock is shut as a whole. It stays so over restarts until the operator opens it. */
export const AirlockLatch = z.discriminatedUnion('off', [
  z.strictObject({ off: z.literal(false) }),
  z.strictObject({ off: z.literal(true), since: Timestamp, reason: z.string() }),
])
export type AirlockLatch = z.infer<typeof AirlockLatch>

/** `GET /v1/destinations` on either socket of the airlock. */
export const DestinationListing = z.strictObject({
  latch: AirlockLatch,
  destinations: z.array(Destination),
  /** Why nothing is let out although the latch is open: the list on disk cannot be read. */
  damage: z.string().optional(),
})
export type DestinationListing = z.infer<typeof DestinationListing>

/** `POST /v1/destinations`, `DELETE /v1/destinations/:id`: the entry and the ledger entry that was written before it counted. */
export const DestinationChange = z.strictObject({ destination: Destination, index: LedgerIndex })
export type DestinationChange = z.infer<typeof DestinationChange>

/** `POST /v1/latch` on airlock-operator.sock. */
export const LatchRequest = z.discriminatedUnion('off', [
  z.strictObject({ off: z.literal(true), reason: z.string().trim().min(1).max(500) }),
  z.strictObject({ off: z.literal(false) }),
])
export type LatchRequest = z.infer<typeof LatchRequest>

/** Its answer. Shutting happens even where it cannot be recorded; then `index` is null and `message` says why. */
export const LatchChange = z.strictObject({
  latch: AirlockLatch,
  index: LedgerIndex.nullable(),
  message: z.string().optional(),
})
export type LatchChange = z.infer<typeof LatchChange>

/** Largest body of one request, in bytes before base64. */
export const MAX_EGRESS_BODY_BYTES = 16 * 1024 * 1024

/** How long a request may take and how much may come back. Times in milliseconds. */
export const EgressLimits = z.strictObject({
  /** To resolve the name, connect and agree on TLS. */
  connect_ms: z.int().min(1).max(60_000).default(10_000),
  /** To send the request and get the answer's headers. */
  headers_ms: z.int().min(1).max(1_800_000).default(300_000),
  /** Between two pieces of the answer. */
  idle_ms: z.int().min(1).max(1_800_000).default(120_000),
  /** All of it. */
  total_ms: z.int().min(1).max(14_400_000).default(1_800_000),
  /** The answer's body; what is above it is cut off, and the answer says so. */
  response_bytes: z.int().min(0).max(1_099_511_627_776).default(33_554_432),
})
export type EgressLimits = z.infer<typeof EgressLimits>

/** A header's name is a token (RFC 9110, section 5.6.2), its value visible ASCII, spaces and tabs. */
const HeaderName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header')
const HeaderValue = z
  .string()
  .max(16_384)
  .regex(/^[\t\x20-\x7e]*$/, 'must be visible ASCII')

/**
 * `POST /v1/fetch` on airlock.sock. The body travels whole, so that it can be looked at before its first byte leaves. The answer
 * is a stream of bytes: {@link EgressHead} in the header `castellan-egress-head`, the body as it comes, {@link EgressEnd} in the
 * trailer `castellan-egress-end`, both as base64url of JSON. An answer without that trailer broke off.
 */
export const EgressRequest = z.strictObject({
  url: z.string().min(1).max(16_384),
  method: EgressMethod.default('GET'),
  headers: z.record(HeaderName, HeaderValue).default({}),
  /** Base64. */
  body: z.base64().optional(),
  purpose: EgressPurpose,
  /** `follow` goes along at most five redirects, each vetted like the first address; `manual` answers the redirect itself. */
  redirect: z.enum(['follow', 'manual']).default('follow'),
  limits: EgressLimits.prefault({}),
})
export type EgressRequest = z.input<typeof EgressRequest>

export const EGRESS_HEAD_HEADER = 'castellan-egress-head'
export const EGRESS_END_TRAILER = 'castellan-egress-end'

/** A request as it was written to the connection. What a credential header carries is `[secret]`. */
export const EgressSent = z.strictObject({
  /** Method, path and query. */
  line: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** Where in the body that was asked for, in bytes from and to, `[redacted]` stands instead. */
  cuts: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
})
export type EgressSent = z.infer<typeof EgressSent>

/** How an answer begins. */
export const EgressHead = z.strictObject({
  status: z.int().min(200).max(599),
  /** Only those on the airlock's list of headers; names in lower case. */
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** The address that answered, after redirects. */
  url: z.string(),
  redirects: z.int().min(0),
  /** Headers of the request that were not passed on, names only. */
  stripped: z.array(z.string()),
  /** Kinds of what was taken out of the request before it left. */
  redacted: z.array(z.string()).optional(),
  /** What left, last where there were redirects; absent where it is too long to be told in a header. */
  sent: EgressSent.optional(),
  /** The ledger entry that was written before the request left. */
  index: LedgerIndex,
})
export type EgressHead = z.infer<typeof EgressHead>

/** How it ended. `truncated`: there was more than `response_bytes`. `failed`: `code` and `message` say why. */
export const EgressEnd = z.strictObject({
  state: z.enum(['complete', 'truncated', 'failed']),
  bytes: z.int().min(0),
  code: z.string().optional(),
  message: z.string().optional(),
})
export type EgressEnd = z.infer<typeof EgressEnd>

/** `detail` of `egress_failed` and `egress_timeout`: how far it came, and whether anything of the request may have arrived. */
export const EgressFailure = z.looseObject({
  stage: z.enum(['resolve', 'connect', 'tls', 'answer', 'body']),
  sent: z.boolean(),
})
export type EgressFailure = z.infer<typeof EgressFailure>

/** Identifies one permission to use the CONNECT proxy. */
export const TunnelId = z.string().regex(/^tun_[0-9A-Za-z_-]{8,64}$/, 'must look like tun_…')
export type TunnelId = z.infer<typeof TunnelId>

/**
 * `POST /v1/tunnels` on airlock.sock: lets one program that cannot use `/v1/fetch` through the CONNECT proxy, to these hosts
 * only. Each must be on the list without a limit of methods or path, which a tunnel would hide.
 */
export const TunnelRequest = z.strictObject({
  hosts: z
    .array(z.strictObject({ host: HostName, port: Port.default(443) }))
    .min(1)
    .max(16),
  purpose: EgressPurpose,
  /** How long it is good for, in seconds. Tunnels that are open then are closed. */
  ttl_s: z.int().min(1).max(14_400).default(3600),
  /** In both directions and over all tunnels together. */
  max_bytes: z.int().min(1).max(1_099_511_627_776).default(1_073_741_824),
})
export type TunnelRequest = z.input<typeof TunnelRequest>

/** Its answer. The password is shown once; `DELETE /v1/tunnels/:id` ends the permission and what uses it. */
export const TunnelGrant = z.strictObject({
  id: TunnelId,
  /** Where the proxy listens: HTTP CONNECT on loopback, with `Proxy-Authorization: Basic`. */
  host: z.string(),
  port: Port,
  username: z.string(),
  password: z.string(),
  expires_at: Timestamp,
  index: LedgerIndex,
})
export type TunnelGrant = z.infer<typeof TunnelGrant>

/** `DELETE /v1/tunnels/:id`: the permission is over, and so is every tunnel that used it. */
export const TunnelClosed = z.strictObject({ id: TunnelId })
export type TunnelClosed = z.infer<typeof TunnelClosed>
