import { fileURLToPath } from 'node:url'
import { ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'
import { isNetwork } from './plugins/client-address.ts'
import { readCollector } from './telemetry/collector.ts'

const BUILT_PAGE = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))

/** An origin as browsers write it: scheme, host and perhaps a port, with nothing after them. */
const Origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text.toLowerCase(), {
  message: 'must be an origin like https://castellan.example.org, without a path',
})

const Network = z.string().refine(isNetwork, { message: 'must be an address or a network, like 10.0.0.0/8' })
const PerMinute = z.int().min(1).max(1_000_000_000)

export const GatewayConfig = ProcessConfig.extend({
  /** Address to listen on. Anything but loopback should have a TLS proxy in front. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(18_789),
  /** Further origins the page is reached under, e.g. that of a TLS proxy. Every other `Host` and `Origin` is refused. */
  publicOrigins: z.array(Origin).default([]),
  /** A Unix socket to listen on as well, for a proxy on this machine (mode 0660). Whoever may connect is trusted as one. */
  listenSocket: z.string().min(1).optional(),
  /** Addresses and networks of proxies whose word about the client's address and TLS counts. */
  trustedProxies: z.array(Network).max(64).default([]),
  /** The one header in which they say it. */
  forwardedHeader: z.enum(['x-forwarded-for', 'forwarded']).default('x-forwarded-for'),
  limits: z
    .strictObject({
      /** Requests of one token, or one signed-in browser, a minute. */
      perTokenPerMinute: PerMinute.default(12_000),
      /** Requests from one address a minute, whoever makes them; an IPv6 address counts as its /64. */
      perAddressPerMinute: PerMinute.default(60_000),
      /** Wrong tokens from one address a minute. A good one is let in all the same. */
      refusedPerMinute: PerMinute.default(300),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      /** Serves `/metrics` to tokens with the scope read (docs/observability.md). */
      enabled: z.boolean().default(false),
    })
    .prefault({}),
  tracing: z
    .strictObject({
      /** An OTLP/HTTP collector on this machine: http://127.0.0.1:4318, or unix:/run/otel.sock. Nothing is traced without it. */
      collector: z
        .string()
        .refine((text) => readCollector(text) !== undefined, {
          message:
            'must be http://127.0.0.1:PORT or unix:/PATH: the gateway itself reaches nothing outside this machine',
        })
        .optional(),
      /** The share of requests without a trace of their own that is kept, from 0 to 1. */
      sampleRatio: z.number().min(0).max(1).default(1),
    })
    .prefault({}),
  /** The instance's state folder; the gateway keeps its own files in `gateway/` under it. */
  stateDir: z.string().min(1),
  agentSocket: z.string().min(1),
  /** Where agentd takes records for the ledger; `record.sock` beside agent.sock without it. */
  recordSocket: z.string().min(1).optional(),
  engineSocket: z.string().min(1),
  /** The way out; `airlock.sock` beside agent.sock without it. */
  airlockSocket: z.string().min(1).optional(),
  /**
   * File (mode 0600) with the key of everything encrypted here, used where systemd hands over none; made where it is not there. Best
   * on another disk than the state folder; `gateway/keys/kek` in it without this (docs/credential-store.md).
   */
  keyFile: z.string().min(1).optional(),
  /** File (mode 0600) with the owner's bearer token. */
  tokenFile: z.string().min(1),
  /** Who can be talked to; `gateway/agents.json` in the state folder without it (docs/agents.md). */
  agentsFile: z.string().min(1).optional(),
  /** Folders that prompt files may lie in, besides `prompts` beside agents.json. */
  promptFolders: z.array(z.string().min(1)).max(16).default([]),
  /** What is kept of exchanges with models (docs/insights.md). */
  insights: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Also those with the model on this machine. */
      local: z.boolean().default(false),
      maxDays: z.int().min(1).max(3650).default(30),
      maxMegabytes: z.int().min(1).max(100_000).default(256),
    })
    .prefault({}),
  /** What is kept of decisions that led to calls, so that they can be replayed (docs/models.md). */
  decisions: z
    .strictObject({
      enabled: z.boolean().default(true),
      maxDays: z.int().min(1).max(3650).default(30),
      maxMegabytes: z.int().min(1).max(100_000).default(64),
    })
    .prefault({}),
  /** The built page. */
  pageDir: z.string().min(1).default(BUILT_PAGE),
})
export type GatewayConfig = z.infer<typeof GatewayConfig>
