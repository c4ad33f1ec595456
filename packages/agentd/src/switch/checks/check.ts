import { z } from 'zod'

const common = {
  /** Names the check in findings. */
  name: z.string().min(1).max(80),
  /** A required check that newly fails rolls back; a wanted one is only told. */
  required: z.boolean().default(true),
  /** `no_worse`: what failed before the switch may go on failing. `healthy`: it has to hold whatever was before. */
  expect: z.enum(['no_worse', 'healthy']).default('no_worse'),
  timeoutSeconds: z.int().min(1).max(60).default(5),
}

const UnitName = z
  .string()
  .regex(/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,254}$/, 'must be a unit name, e.g. nginx.service')
  .transform((name) => (/\.[a-z]+$/.test(name) ? name : `${name}.service`))

const Port = z.int().min(1).max(65_535)

/** A systemd unit is active and does not restart again and again: more than `maxRestarts` during probation fails. */
export const UnitCheck = z.strictObject({
  kind: z.literal('unit'),
  ...common,
  unit: UnitName,
  maxRestarts: z.int().min(0).max(100).default(1),
})

/** Somebody accepts a connection there. */
export const TcpCheck = z.strictObject({
  kind: z.literal('tcp'),
  ...common,
  host: z.string().min(1).max(253).default('127.0.0.1'),
  port: Port,
})

/** A GET is answered with one of these statuses, and `contains` is in the first 64 KiB. Redirects are not followed. */
export const HttpCheck = z.strictObject({
  kind: z.literal('http'),
  ...common,
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2000),
  status: z.array(z.int().min(100).max(599)).min(1).default([200, 204]),
  contains: z.string().max(1000).optional(),
})

/** A program ends with exit code 0. It runs as agentd does, so only the owner's configuration may name one. */
export const CommandCheck = z.strictObject({
  kind: z.literal('command'),
  ...common,
  argv: z.array(z.string().max(4096)).min(1).max(64),
})

const bounds = { atLeast: z.number().optional(), atMost: z.number().optional() }

/** A figure stays within bounds: one of the host's own, or one that a page in the Prometheus text format shows. */
export const MetricCheck = z.strictObject({
  kind: z.literal('metric'),
  ...common,
  metric: z.union([
    z.enum(['load_per_cpu', 'memory_available_percent', 'root_available_percent']),
    z.strictObject({
      url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2000),
      /** Name with its labels as the page writes them, e.g. `requests_total{code="500"}`. */
      name: z.string().min(1).max(500),
    }),
  ]),
  ...bounds,
})

/** One thing to look at, as the owner's configuration and SafeSwitch's records say it. */
export const Check = z.discriminatedUnion('kind', [UnitCheck, TcpCheck, HttpCheck, CommandCheck, MetricCheck])
export type Check = z.infer<typeof Check>

/** What a caller of a tool may add: nothing that runs a program, and nothing that reaches beyond this host. */
export const CallerCheck = z.discriminatedUnion('kind', [
  UnitCheck,
  TcpCheck.extend({ host: z.enum(['127.0.0.1', '::1', 'localhost']).default('127.0.0.1') }),
  HttpCheck.extend({
    url: z
      .string()
      .max(2000)
      .regex(/^https?:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(\/[^\s]*)?$/, 'must be an address of this host'),
  }),
])
