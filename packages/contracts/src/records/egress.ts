import { z } from 'zod'
import { DestinationId, EgressMethod, EgressPurpose, HostPattern, Reach, TunnelId } from '../airlock.ts'
import { Timestamp } from '../ids.ts'
import { QuestionId } from '../inspection/questions.ts'
import { SecretName } from '../inspection/secrets.ts'
import { about, Count, outcome } from './fields.ts'

const Scheme = z.enum(['https', 'http'])
const Port = z.int().min(1).max(65_535)
/** What a request named: perhaps no name at all, so only its length is held to. Never a path or a query. */
const Host = z.string().min(1).max(255)
const Address = z.string().max(64)
const Kinds = z.string().max(500)

const destination = { destination: DestinationId, host: HostPattern, scheme: Scheme, port: Port, reach: Reach }

/** Records of the airlock: what may leave, what left, what was refused. */
export const egressRecords = [
  z.strictObject({ type: z.literal('egress_allowed'), ...destination, from: z.enum(['operator', 'configuration']) }),
  z.strictObject({ type: z.literal('egress_disallowed'), ...destination }),
  z.strictObject({ type: z.literal('egress_shut'), reason: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal('egress_opened') }),
  /** Durable before anything leaves, the question to a name server included. */
  z.strictObject({
    type: z.literal('egress_request'),
    purpose: EgressPurpose,
    destination: DestinationId,
    method: EgressMethod,
    scheme: Scheme,
    host: Host,
    port: Port,
    /** Of the body. */
    bytes: Count,
    /** Which redirect of one request this is. */
    redirect: z.int().min(1).optional(),
    /** Kinds of what was taken out before, with commas between them. */
    redacted: Kinds.optional(),
    /** Names of secrets that were put in, with commas between them. */
    secrets: Kinds.optional(),
    /** Absent: from this host's own address. */
    via: z.enum(['tor']).optional(),
    /** The question that the operator answered by letting it go. */
    released: QuestionId.optional(),
  }),
  /** How such a request ended. */
  z.strictObject({
    type: z.literal('egress_ended'),
    ...about,
    /** The address that was vetted and connected to, where it came to that. */
    address: Address.optional(),
    status: z.int().optional(),
    bytes: Count,
    duration_ms: Count,
    ...outcome,
  }),
  z.strictObject({
    type: z.literal('egress_refused'),
    purpose: EgressPurpose.optional(),
    method: EgressMethod.optional(),
    host: Host.optional(),
    /** What was seen in it and where, such as `credential:openai_key:query`; with commas between them. */
    found: Kinds.optional(),
    ...outcome,
  }),
  /** The operator let a request go that was held. */
  z.strictObject({ type: z.literal('egress_released'), question: QuestionId, host: Host, found: Kinds }),
  /** A secret that is put into requests: where it goes, not what it is. */
  z.strictObject({
    type: z.literal('egress_secret_granted'),
    secret: SecretName,
    host: Host,
    port: Port,
    header: z.string().max(64),
  }),
  z.strictObject({ type: z.literal('egress_secret_removed'), secret: SecretName, host: Host }),
  z.strictObject({ type: z.literal('egress_canary_planted'), canary: SecretName }),
  z.strictObject({ type: z.literal('egress_canary_removed'), canary: SecretName }),
  z.strictObject({
    type: z.literal('egress_tunnel_granted'),
    tunnel: TunnelId,
    purpose: EgressPurpose,
    /** host:port, with spaces between them. */
    hosts: z.string().max(2048),
    expires_at: Timestamp,
    max_bytes: Count,
  }),
  z.strictObject({
    type: z.literal('egress_tunnel_opened'),
    tunnel: TunnelId,
    purpose: EgressPurpose,
    destination: DestinationId,
    host: Host,
    port: Port,
  }),
  z.strictObject({
    type: z.literal('egress_tunnel_closed'),
    ...about,
    tunnel: TunnelId,
    address: Address.optional(),
    bytes: Count,
    duration_ms: Count,
    ...outcome,
  }),
] as const
