/** Names of files that hold passwords, keys or tokens by convention. */
const secretNames =
  /(^|\/)(shadow-?|gshadow-?|\.env(\.[\w-]+)?|\.netrc|\.pgpass|\.htpasswd|credentials|id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(key|pfx|p12|jks|kdbx)|[^/]*key[^/]*\.pem)$|^\/run\/(secrets|credentials)\//

/** Either end: a slice of a file may begin after the first line. */
const privateKey = /-----(BEGIN|END) ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----/

/** Whether what lies under this path should not leave the machine, by its name. */
export function isSecretName(path: string): boolean {
  return secretNames.test(path)
}

/** Whether what a file holds should not leave the machine, by its name or because it is a private key. */
export function looksSecret(path: string, content: string): boolean {
  return isSecretName(path) || privateKey.test(content)
}

/** The same for a unified diff: of a file with such a name, or with such lines. */
export function isSecretDiff(diff: string): boolean {
  return looksSecret(/^--- (.+)$/m.exec(diff)?.[1] ?? '', diff)
}
