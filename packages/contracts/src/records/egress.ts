import { z } from 'zod'
import { DestinationId, EgressMethod, EgressPurpose, HostPattern, Reach, TunnelId } from '../airlock.ts'
import { Sha256Hex, Timestamp } from '../ids.ts'
import { about, Count, outcome } from './fields.ts'

const Scheme = z.enum(['https', 'http'])
const Port = z.int().min(1).max(65_535)
/** What a request named: perhaps no name at all, so only its length is held to. Never a path or a query. */
const Host = z.string().min(1).max(255)

const destination = { destination: DestinationId, host: HostPattern, scheme: Scheme, port: Port, reach: Reach }

/** Records of the airlock: what may leave, what left, what was refused. */
export const egressRecords = [
  z.strictObject({ type: z.literal('egress_allowed'), ...destination, from: z.enum(['operator', 'configuration']) }),
  z.strictObject({ type: z.literal('egress_disallowed'), ...destination }),
  z.strictObject({ type: z.literal('egress_shut'), reason: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal('egress_opened') }),
  /** Durable before the first byte leaves. */
  z.strictObject({
    type: z.literal('egress_request'),
    purpose: EgressPurpose,
    destination: DestinationId,
    method: EgressMethod,
    scheme: Scheme,
    host: Host,
    port: Port,
    /** The address that was vetted and is connected to. */
    address: z.string().max(64),
    bytes: Count,
    body_digest: Sha256Hex.optional(),
  }),
  /** How such a request ended. */
  z.strictObject({
    type: z.literal('egress_ended'),
    ...about,
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
    ...outcome,
  }),
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
    host: Host,
    port: Port,
    address: z.string().max(64),
  }),
  z.strictObject({
    type: z.literal('egress_tunnel_closed'),
    ...about,
    tunnel: TunnelId,
    bytes: Count,
    duration_ms: Count,
    ...outcome,
  }),
] as const
