import {
  BaseUrl,
  CastellanError,
  CredentialAuth,
  CredentialLabel,
  CredentialSecret,
  type ExportRequest,
  type ImportRequest,
  MAX_CREDENTIALS,
  ProviderName,
  Timestamp,
} from '@castellan/contracts'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { z } from 'zod'
import { PassphraseIdentity, PassphraseRecipient } from './age-passphrase.ts'

const Exported = z.strictObject({
  provider: ProviderName,
  auth: CredentialAuth,
  label: CredentialLabel,
  base_url: BaseUrl.nullable(),
  secret: CredentialSecret,
})
export type Exported = z.infer<typeof Exported>

/** What is inside an export, as JSON (docs/credential-store.md). */
const ExportFile = z.strictObject({
  format: z.literal('castellan-credentials'),
  version: z.literal(1),
  exported_at: Timestamp,
  credentials: z.array(Exported).max(MAX_CREDENTIALS),
})

/** An armored age file. Throws `credential_invalid` for a recipient that is none. */
export async function encryptExport(credentials: readonly Exported[], to: ExportRequest): Promise<string> {
  const encrypter = new Encrypter()
  if ('passphrase' in to) encrypter.addRecipient(new PassphraseRecipient(to.passphrase))
  else addRecipient(encrypter, to.recipient)
  const content: z.input<typeof ExportFile> = {
    format: 'castellan-credentials',
    version: 1,
    exported_at: new Date().toISOString(),
    credentials: [...credentials],
  }
  return armor.encode(await encrypter.encrypt(JSON.stringify(content)))
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient)
  } catch {
    throw new CastellanError(
      'credential_invalid',
      'This is no age recipient: a letter of it may be another one. `age-keygen -y` prints that of a key.',
    )
  }
}

/** Throws `import_invalid`, which says which of the three it is: the file, the key, or what is inside. Never quotes any of them. */
export async function decryptExport({ file, ...by }: ImportRequest): Promise<Exported[]> {
  const decrypter = new Decrypter()
  const binary = dearmored(file)
  try {
    decrypter.addIdentity('passphrase' in by ? new PassphraseIdentity(by.passphrase) : by.identity)
  } catch {
    throw invalid('This is no age identity: a letter of it may be another one.')
  }
  const text = await decrypter.decrypt(binary, 'text').catch((error: unknown) => {
    if (error instanceof Error && error.message === 'its work factor is above 18') {
      throw invalid('The file asks for more work than age itself does (a factor above 18), so it was not tried.')
    }
    throw invalid('The file does not open: it was changed, or it is for another passphrase or key.')
  })
  const read = ExportFile.safeParse(asJson(text))
  if (read.success) return read.data.credentials
  throw invalid('The file opens, and is no export of credentials that this version knows.')
}

function dearmored(file: string): Uint8Array {
  try {
    return armor.decode(file)
  } catch {
    throw invalid('This is no age file in its ASCII form: that begins with -----BEGIN AGE ENCRYPTED FILE-----.')
  }
}

function invalid(message: string): CastellanError {
  return new CastellanError('import_invalid', `${message} Nothing was taken in.`)
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
