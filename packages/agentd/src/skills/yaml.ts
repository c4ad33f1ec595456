import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The YAML library, loaded by the first skill that is read or written: a start without skills does not wait for it. */
export function yaml(): typeof import('yaml') {
  return require('yaml')
}
