export { ClaimError, type ClaimErrorCode } from './error.ts'
export { type ClaimedFile, claimFolder, folderDigest } from './folder.ts'
export { claimFile, hashOf, openSource } from './snapshot.ts'
