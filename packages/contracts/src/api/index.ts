import { getAgentCard, getOpenApiJson, getOpenApiYaml } from './discovery.ts'
import { listEngines, testEngine } from './engines.ts'
import { getHealth } from './health.ts'
import type { Operation } from './operation.ts'

export { AgentCard, getAgentCard, getOpenApiJson, getOpenApiYaml, OpenApiDocument } from './discovery.ts'
export { listEngines, testEngine } from './engines.ts'
export { getHealth } from './health.ts'
export {
  type AnswerOf,
  type BodyOf,
  defineOperation,
  type Operation,
  type ParamsOf,
  type QueryOf,
  SCOPES,
  type Scope,
} from './operation.ts'
export { MAX_PAGE_ITEMS, PageQuery, pageOf } from './page.ts'

/** Every operation of the v1 API, by resource, in the order of the documentation. */
export const operations: readonly Operation[] = [
  getHealth,
  listEngines,
  testEngine,
  getAgentCard,
  getOpenApiJson,
  getOpenApiYaml,
]
