export type { Chat, ChatFrame, FollowOptions, Gap } from './chat/chat.ts'
export {
  type Castellan,
  createClient,
  type EventOf,
  type ItemOf,
  type Listing,
  type Methods,
  type Streaming,
} from './client.ts'
export { CastellanError, type LocalCode } from './error.ts'
export type { Operations } from './generated/operations.ts'
export type * from './generated/schemas.ts'
export type { ClientOptions, OperationId, RequestOptions } from './request.ts'
