import { createHash } from 'node:crypto'
import { type JsonValue, parseJson } from '../formats/index.ts'

/** One file of a candidate, by the name it has in its folder. */
export interface CandidateFile {
  readonly name: string
  readonly sha256: string
}

/** What a signature says of this candidate: nothing against it, or why it does not hold. */
export type Statement =
  | { readonly holds: true; readonly kind: 'model signing' | 'attestation' }
  | { readonly holds: false; readonly why: string }

/** Predicate of the OpenSSF model signing specification, version 1.0. */
const MODEL_SIGNING = 'https://model_signing/signature/v1.0'
const IN_TOTO = new Set(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'])

/** Holds an in-toto statement that was signed against the files that are here. */
export function checkStatement(payload: Uint8Array, files: readonly CandidateFile[]): Statement {
  let statement: JsonValue
  try {
    statement = parseJson(payload, { depth: 12, entries: 100_000 })
  } catch (error) {
    return no(`The signed statement ${(error as Error).message}.`)
  }
  if (!IN_TOTO.has(String(field(statement, '_type')))) return no('What was signed is no in-toto statement.')
  return field(statement, 'predicateType') === MODEL_SIGNING
    ? checkModelSigning(statement, files)
    : checkSubjects(statement, files)
}

/** Every file is listed with its digest, every listed file is here, and the root digest is that of the list. */
function checkModelSigning(statement: JsonValue, files: readonly CandidateFile[]): Statement {
  const subjects = list(field(statement, 'subject'))
  const resources = list(field(field(statement, 'predicate'), 'resources'))
  if (subjects.length !== 1 || resources.length === 0)
    return no('The model signature names no single model with files.')
  const root = createHash('sha256')
  const listed = new Map<string, string>()
  for (const resource of resources) {
    const [name, algorithm, digest] = ['name', 'algorithm', 'digest'].map((key) => field(resource, key))
    if (typeof name !== 'string' || algorithm !== 'sha256' || !isDigest(digest) || listed.has(name)) {
      return no('The model signature lists a file twice, or without a SHA-256.')
    }
    listed.set(name, digest)
    root.update(Buffer.from(digest, 'hex'))
  }
  if (field(field(subjects[0], 'digest'), 'sha256') !== root.digest('hex')) {
    return no('The model signature contradicts itself: its digest is not that of the files it lists.')
  }
  return files.length === 1 ? checkOne(listed, files[0] as CandidateFile) : checkAll(listed, files)
}

/** A single file may have another name by now; its digest is what it is. */
function checkOne(listed: ReadonlyMap<string, string>, { sha256 }: CandidateFile): Statement {
  return [...listed.values()].includes(sha256)
    ? { holds: true, kind: 'model signing' }
    : no('The model signature is for other files: this one is not among them.')
}

function checkAll(listed: ReadonlyMap<string, string>, files: readonly CandidateFile[]): Statement {
  const foreign = files.find(({ name, sha256 }) => listed.get(name) !== sha256)
  if (foreign !== undefined)
    return no(`The model signature does not vouch for ${JSON.stringify(foreign.name)} as it is.`)
  const here = new Set(files.map(({ name }) => name))
  const missing = [...listed.keys()].find((name) => !here.has(name))
  return missing === undefined
    ? { holds: true, kind: 'model signing' }
    : no(`The model signature lists ${JSON.stringify(missing)}, which is not here.`)
}

/** Any other attestation vouches for its subjects. */
function checkSubjects(statement: JsonValue, files: readonly CandidateFile[]): Statement {
  const digests = new Set(list(field(statement, 'subject')).map((subject) => field(field(subject, 'digest'), 'sha256')))
  const foreign = files.find(({ sha256 }) => !digests.has(sha256))
  return foreign === undefined
    ? { holds: true, kind: 'attestation' }
    : no(`The attestation is for other files: ${JSON.stringify(foreign.name)} is not among its subjects.`)
}

function field(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value instanceof Map ? value.get(key) : undefined
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function isDigest(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function no(why: string): Statement {
  return { holds: false, why }
}
