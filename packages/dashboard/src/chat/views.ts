import type { AnswerOf, getChat, listAgents, searchMessages } from '@castellan/contracts/api'

// What the gateway answers, as JSON: its ids are plain text here.
export type ChatView = AnswerOf<typeof getChat>
export type Hit = AnswerOf<typeof searchMessages>['items'][number]
export type AgentView = AnswerOf<typeof listAgents>['items'][number]
