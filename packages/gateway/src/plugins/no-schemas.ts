import type { FastifyServerOptions } from 'fastify'

/**
 * What comes in and goes out is held to zod's schemas (api/serve.ts). Told that nobody compiles others, the framework does not load
 * ajv and fast-json-stringify, which took an eighth of a start; a route that brings one all the same fails it.
 */
export const NO_SCHEMAS: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
}

function refuse(): never {
  throw new TypeError("A route's schemas are zod's: describe it as an operation of the API and add it by serve().")
}
