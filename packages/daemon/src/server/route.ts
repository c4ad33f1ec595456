import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { Log } from '../log/logger.ts'
import { didYouMean } from '../nearest.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `/v1/approvals/:id/decision` → `{ id: string }`. */
export type PathParameters<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [Key in Name]: string } & PathParameters<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? { readonly [Key in Name]: string }
    : unknown

export interface RouteRequest<Parameters = unknown, Body = unknown, Query = unknown> {
  readonly params: Parameters
  readonly body: Body
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly requestId: string
  /** Aborted when the client goes away, or when a stopping server has waited long enough. */
  readonly signal: AbortSignal
  readonly log: Log
}

export interface RouteOptions<Body extends z.ZodType, Query extends z.ZodType> {
  /** The JSON body's schema. A route without one refuses a body. */
  readonly body?: Body
  /** The query string's schema, over text values. A route without one refuses a query string. */
  readonly query?: Query
  /** Largest body, in bytes; the server's own limit without it. */
  readonly maxBodyBytes?: number
}

/** A handler's answer: a {@link Reply}, an NDJSON stream, or a plain value, which is sent as JSON with status 200. */
export type Handler<Parameters, Body, Query> = (request: RouteRequest<Parameters, Body, Query>) => unknown

export interface Route {
  readonly method: Method
  readonly path: string
  readonly segments: readonly string[]
  readonly body: z.ZodType | undefined
  readonly query: z.ZodType | undefined
  readonly maxBodyBytes: number
  readonly handler: Handler<Record<string, string>, unknown, unknown>
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly params: Record<string, string> }
  | { readonly kind: 'wrong_method'; readonly allowed: readonly Method[] }
  | { readonly kind: 'none'; readonly hint: string }

/** The routes of one server. A handful each: a walk over the list is quicker than a tree. */
export class RouteTable {
  readonly #routes: Route[] = []

  add(route: Route): void {
    const twin = this.#routes.find((other) => other.method === route.method && other.path === route.path)
    if (twin !== undefined) throw new Error(`the route ${route.method} ${route.path} is there already`)
    this.#routes.push(route)
  }

  match(method: string, path: string): RouteMatch {
    const segments = path.split('/')
    const allowed: Method[] = []
    for (const route of this.#routes) {
      const params = matchSegments(route.segments, segments)
      if (params === undefined) continue
      if (route.method === method) return { kind: 'found', route, params }
      allowed.push(route.method)
    }
    if (allowed.length > 0) return { kind: 'wrong_method', allowed }
    const paths = new Set(this.#routes.map((route) => route.path))
    return { kind: 'none', hint: didYouMean(path, paths) }
  }
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] as string
    if (expected.startsWith(':')) {
      const value = decode(segment)
      if (value === undefined || value === '') return undefined
      params[expected.slice(1)] = value
    } else if (expected !== segment) {
      return undefined
    }
  }
  return params
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
