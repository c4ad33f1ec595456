import { deleteAgent, getAgent, listAgents, putAgent, reloadAgents } from './agents.ts'
import { decideApproval, getApproval, listApprovals } from './approvals.ts'
import { cancelCall, createCall, getCall, listCalls } from './calls.ts'
import {
  createChat,
  deleteChat,
  exportJson,
  exportMarkdown,
  followChat,
  getChat,
  getChatUsage,
  getTranscript,
  listChats,
  renameChat,
  renewChat,
  setChatMode,
} from './chats.ts'
import {
  exportCredentials,
  getCredentialStore,
  importCredentials,
  lockCredentialStore,
  resetCredentialStore,
  rotateCredentialKey,
  showRecoveryPhrase,
  unlockCredentialStore,
} from './credential-store.ts'
import {
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  revokeCredential,
  rotateCredential,
  testCredential,
} from './credentials.ts'
import { getAgentCard, getOpenApiJson, getOpenApiYaml } from './discovery.ts'
import { freezeAgents, getFreeze, thawAgents } from './emergency.ts'
import { listEngines, testEngine } from './engines.ts'
import { getHealth } from './health.ts'
import { getIncident, getRecovery, takeRecoveryStep } from './incidents.ts'
import { deleteInsights, getInsight, listInsights } from './insights.ts'
import {
  checkLedger,
  getLedgerEntry,
  getLedgerHead,
  getLedgerProof,
  listLedgerEntries,
  verifyLedger,
} from './ledger.ts'
import { getSwitch, listGenerations, listIncidents, listSwitches } from './machine.ts'
import { listMemory, recallMemory } from './memory.ts'
import { abortTurn, listMessages, runTurn, searchMessages, sendMessage } from './messages.ts'
import { listModels, useModel } from './models.ts'
import { createChatCompletion, createEmbedding, getOpenAiModel, listOpenAiModels } from './openai.ts'
import type { Operation } from './operation.ts'
import { listOperatorKeys, removeOperatorKey, renameOperatorKey } from './operators.ts'
import { changePolicy, explainPolicy, getPolicy, listPolicyVersions, revokePolicyRule, tryPolicy } from './policy.ts'
import { replayDecision } from './replay.ts'
import { listSignIns, removePassphrase, revokeSignIn, setPassphrase } from './sign-ins.ts'
import { createToken, getToken, listTokens, revokeToken, rotateToken } from './tokens.ts'
import { getTool, listTools } from './tools.ts'
import { createUndo, previewUndo } from './undo.ts'

export { deleteAgent, getAgent, listAgents, putAgent, reloadAgents } from './agents.ts'
export {
  ApprovalPage,
  ApprovalQuestion,
  ApprovalWord,
  decideApproval,
  getApproval,
  listApprovals,
} from './approvals.ts'
export {
  Call,
  CallCreation,
  CallPage,
  CallState,
  cancelCall,
  createCall,
  getCall,
  listCalls,
  MAX_WAIT_SECONDS,
} from './calls.ts'
export {
  createChat,
  deleteChat,
  exportJson,
  exportMarkdown,
  followChat,
  getChat,
  getChatUsage,
  getTranscript,
  listChats,
  renameChat,
  renewChat,
  setChatMode,
} from './chats.ts'
export {
  exportCredentials,
  getCredentialStore,
  importCredentials,
  lockCredentialStore,
  resetCredentialStore,
  rotateCredentialKey,
  showRecoveryPhrase,
  unlockCredentialStore,
} from './credential-store.ts'
export {
  CredentialListing,
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  revokeCredential,
  rotateCredential,
  testCredential,
} from './credentials.ts'
export { AgentCard, getAgentCard, getOpenApiJson, getOpenApiYaml, OpenApiDocument } from './discovery.ts'
export { EmergencyWord, freezeAgents, getFreeze, thawAgents } from './emergency.ts'
export { listEngines, testEngine } from './engines.ts'
export { getHealth } from './health.ts'
export { getIncident, getRecovery, RecoveryView, takeRecoveryStep } from './incidents.ts'
export { deleteInsights, getInsight, listInsights } from './insights.ts'
export {
  checkLedger,
  getLedgerEntry,
  getLedgerHead,
  getLedgerProof,
  LedgerCheck,
  LedgerRecordPage,
  listLedgerEntries,
  verifyLedger,
} from './ledger.ts'
export {
  Generation,
  GenerationPage,
  getSwitch,
  IncidentPage,
  IncidentView,
  listGenerations,
  listIncidents,
  listSwitches,
  Switch,
  SwitchDetail,
  SwitchPage,
} from './machine.ts'
export { listMemory, MemoryFact, recallMemory } from './memory.ts'
export {
  abortTurn,
  listMessages,
  MAX_TURN_WAIT_S,
  runTurn,
  searchMessages,
  sendMessage,
  TurnAnswer,
} from './messages.ts'
export {
  ChosenModel,
  ImportedModel,
  LoadedModel,
  listModels,
  ModelFile,
  ModelId,
  ModelInUse,
  ModelPage,
  UseModel,
  useModel,
} from './models.ts'
export {
  ChatCompletion,
  ChatCompletionBody,
  ChatCompletionChunk,
  createChatCompletion,
  createEmbedding,
  EmbeddingBody,
  EmbeddingList,
  getOpenAiModel,
  listOpenAiModels,
  OpenAiModelList,
} from './openai.ts'
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
export { listOperatorKeys, removeOperatorKey, renameOperatorKey } from './operators.ts'
export { MAX_PAGE_ITEMS, PageQuery, pageOf } from './page.ts'
export {
  changePolicy,
  explainPolicy,
  getPolicy,
  listPolicyVersions,
  revokePolicyRule,
  SignedPolicyWord,
  tryPolicy,
} from './policy.ts'
export { Replay, replayDecision } from './replay.ts'
export {
  listSignIns,
  Passphrase,
  removePassphrase,
  revokeSignIn,
  SignInMethod,
  SignInView,
  setPassphrase,
} from './sign-ins.ts'
export { SIGNED_ERRORS, SignedWord } from './signed.ts'
export {
  createToken,
  getToken,
  listTokens,
  revokeToken,
  rotateToken,
  Token,
  TokenCreated,
  TokenRequest,
  TokenRotated,
  TokenScope,
} from './tokens.ts'
export { getTool, listTools, ToolPage, ToolSummary } from './tools.ts'
export { createUndo, previewUndo, UndoCreation, UndoPreview } from './undo.ts'

/** Every operation of the v1 API, by resource, in the order of the documentation. */
export const operations: readonly Operation[] = [
  getHealth,
  listAgents,
  getAgent,
  putAgent,
  deleteAgent,
  reloadAgents,
  listChats,
  createChat,
  getChat,
  getChatUsage,
  renameChat,
  deleteChat,
  renewChat,
  setChatMode,
  getTranscript,
  followChat,
  exportMarkdown,
  exportJson,
  sendMessage,
  runTurn,
  abortTurn,
  listMessages,
  searchMessages,
  listMemory,
  recallMemory,
  listInsights,
  getInsight,
  deleteInsights,
  listEngines,
  testEngine,
  listTools,
  getTool,
  createCall,
  listCalls,
  getCall,
  cancelCall,
  listApprovals,
  getApproval,
  decideApproval,
  createUndo,
  previewUndo,
  getLedgerHead,
  listLedgerEntries,
  getLedgerEntry,
  getLedgerProof,
  checkLedger,
  verifyLedger,
  replayDecision,
  listGenerations,
  listSwitches,
  getSwitch,
  listIncidents,
  getIncident,
  getRecovery,
  takeRecoveryStep,
  getFreeze,
  freezeAgents,
  thawAgents,
  getPolicy,
  explainPolicy,
  tryPolicy,
  changePolicy,
  revokePolicyRule,
  listPolicyVersions,
  listModels,
  useModel,
  listOperatorKeys,
  removeOperatorKey,
  renameOperatorKey,
  listTokens,
  createToken,
  getToken,
  revokeToken,
  rotateToken,
  listSignIns,
  revokeSignIn,
  setPassphrase,
  removePassphrase,
  createChatCompletion,
  listOpenAiModels,
  getOpenAiModel,
  createEmbedding,
  listCredentials,
  createCredential,
  getCredential,
  testCredential,
  rotateCredential,
  revokeCredential,
  deleteCredential,
  getCredentialStore,
  lockCredentialStore,
  unlockCredentialStore,
  rotateCredentialKey,
  showRecoveryPhrase,
  exportCredentials,
  importCredentials,
  resetCredentialStore,
  getAgentCard,
  getOpenApiJson,
  getOpenApiYaml,
]
