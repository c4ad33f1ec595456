/** Names of files that hold passwords, keys or tokens by convention. */
const secretNames =
  /(^|\/)(shadow-?|gshadow-?|\.env(\.[\w-]+)?|\.netrc|\.pgpass|\.htpasswd|credentials|id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(key|pfx|p12|jks|kdbx))$|^\/run\/(secrets|credentials)\//

const privateKey = /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----/

/** Whether what a file holds should not leave the machine, by its name or because it is a private key. */
export function looksSecret(path: string, content: string): boolean {
  return secretNames.test(path) || privateKey.test(content)
}
