export { ClaimError, type ClaimErrorCode } from './error.ts'
export { type ClaimedFile, claimFolder, folderDigest } from './folder.ts'
export { type ClaimOptions, claimFile, hashOf, openSource, type Snapshot } from './snapshot.ts'
