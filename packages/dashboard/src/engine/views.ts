import type { AnswerOf, listAgents, listCredentials, listEngines } from '@castellan/contracts/api'

// What the gateway answers, as JSON: its ids are plain text here.
export type AgentListing = AnswerOf<typeof listAgents>
export type AgentView = AgentListing['items'][number]
export type CredentialListing = AnswerOf<typeof listCredentials>
export type CredentialView = CredentialListing['items'][number]
export type EngineListing = AnswerOf<typeof listEngines>
export type EngineView = EngineListing['items'][number]
/** What an agent thinks with. */
export type Choice = AgentView['engine']
