import { constants } from 'node:fs'
import { lstat, open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { isErrno } from './files/errors.ts'
import { likely } from './likely.ts'

export interface KernelParameter {
  /** As sysctl(8) writes it: dots between the parts, a dot inside a part (an interface `eth0.5`) as a slash. */
  readonly name: string
  readonly value: string
}

/** Keys, not settings: whoever has them can forge cookies or find addresses. */
const SECRET = /(^|\.)(tcp_fastopen_key|stable_secret|.*_secret|.*_key)$/

/** Values are short; a parameter that is longer than this is a table. */
const MAX_VALUE_BYTES = 64 * 1024

/** The kernel's parameters under /proc/sys (sysctl(8), proc_sys(5)). Setting one lasts until the next boot. */
export class KernelParameters {
  readonly #root: string

  constructor(root = '/proc/sys') {
    this.#root = root
  }

  /** One parameter, or all below a prefix such as `vm`. Throws `not_found`, `permission_denied` or `forbidden`. */
  async get(name: string, signal: AbortSignal): Promise<readonly KernelParameter[]> {
    const path = this.#path(name)
    const found = await lstat(path).catch(() => null)
    if (found?.isFile()) return [{ name: canonical(name), value: await this.#read(canonical(name), path) }]
    if (!found?.isDirectory()) throw await this.#notFound(name, signal)
    const values: KernelParameter[] = []
    for (const each of await this.#names(path, signal)) {
      const value = SECRET.test(each) ? null : await this.#read(each, this.#path(each)).catch(() => null)
      if (value !== null) values.push({ name: each, value })
    }
    return values
  }

  /** One parameter's value. Throws as {@link get} does, and `invalid_arguments` for a prefix. */
  async value(name: string, signal: AbortSignal): Promise<KernelParameter> {
    const [first, ...others] = await this.get(name, signal)
    if (first !== undefined && others.length === 0 && first.name === canonical(name)) return first
    throw new CastellanError(
      'invalid_arguments',
      `${name} is a group of kernel parameters. Name one of them, such as ${first?.name}.`,
    )
  }

  /**
   * Sets a parameter and reads it back. Where the kernel made something else of the value, the earlier one is put back and
   * `invalid_arguments` tells what it was made of. Throws `unsupported_host` where /proc/sys may only be read.
   */
  async set(name: string, value: string, signal: AbortSignal): Promise<KernelParameter> {
    const before = await this.value(name, signal)
    await this.#write(before.name, value)
    const after = await this.value(name, signal)
    if (sameValue(after.value, value)) return after
    await this.#write(before.name, before.value)
    throw new CastellanError(
      'invalid_arguments',
      `The kernel made ${JSON.stringify(after.value)} of ${JSON.stringify(value)} for ${before.name}, so it is ${JSON.stringify(before.value)} again.`,
    )
  }

  #path(name: string): string {
    const parts = partsOf(name)
    if (
      parts.length === 0 ||
      parts.some((part) => !/^[A-Za-z0-9_:@.-]+$/.test(part) || part === '.' || part === '..')
    ) {
      throw new CastellanError(
        'invalid_arguments',
        `${JSON.stringify(name)} is no name of a kernel parameter; one is written like "vm.swappiness".`,
      )
    }
    return join(this.#root, ...parts)
  }

  async #read(name: string, path: string): Promise<string> {
    if (SECRET.test(name)) throw new CastellanError('forbidden', `${name} is a key of the kernel, and is not shown.`)
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_VALUE_BYTES), 0, MAX_VALUE_BYTES)
        return tidy(buffer.subarray(0, bytesRead).toString())
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isErrno(error, 'EACCES', 'EPERM')) {
        throw new CastellanError(
          'permission_denied',
          `${name} may not be read: it can only be written, or by root only.`,
        )
      }
      throw new CastellanError(
        'command_failed',
        `The kernel does not tell ${name} (${(error as NodeJS.ErrnoException).code}).`,
      )
    }
  }

  async #write(name: string, value: string): Promise<void> {
    try {
      await writeFile(this.#path(name), value, { flag: constants.O_WRONLY | constants.O_NOFOLLOW })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EROFS') {
        throw new CastellanError(
          'unsupported_host',
          `Kernel parameters may only be read here, as in a container, so ${name} cannot be set. On a machine of its own this works.`,
        )
      }
      if (code === 'EACCES' || code === 'EPERM') {
        throw new CastellanError(
          'permission_denied',
          `${name} may not be set by this agentd: it needs root, or the kernel fixes it.`,
        )
      }
      throw new CastellanError(
        'invalid_arguments',
        `The kernel does not take ${JSON.stringify(value)} for ${name} (${code}).`,
      )
    }
  }

  async #notFound(name: string, signal: AbortSignal): Promise<CastellanError> {
    const parts = await readdir(this.#root).catch(() => [])
    if (parts.length === 0) {
      return new CastellanError(
        'unsupported_host',
        `This host shows no kernel parameters: ${this.#root} is not there. With /proc mounted this works.`,
      )
    }
    // A dot would be taken for the beginning of a suffix.
    const slashed = (await this.#names(this.#root, signal)).map((each) => each.replaceAll('.', '/'))
    const near = likely(canonical(name).replaceAll('.', '/'), slashed).map((each) => each.replaceAll('/', '.'))
    const hint =
      near.length === 0
        ? 'kernel_parameter_get with "vm", "net" or "kernel" lists what there is.'
        : `Did you mean ${near.join(', ')}?`
    return new CastellanError('not_found', `The kernel has no parameter ${name}. ${hint}`, { detail: { near } })
  }

  /** Every parameter below a folder, by name. */
  async #names(folder: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted()
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const names: string[] = []
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) names.push(...(await this.#names(path, signal)))
      else if (entry.isFile()) names.push(nameOf(path.slice(this.#root.length + 1).split('/')))
    }
    return names
  }
}

/** The separator is whichever of dot and slash comes first; the other one stands for itself (sysctl.d(5)). */
function partsOf(name: string): string[] {
  const separator = /[./]/.exec(name)?.[0] ?? '.'
  if (separator === '/') return name.split('/').filter((part) => part !== '')
  return name.split('.').map((part) => part.replaceAll('/', '.'))
}

function nameOf(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll('.', '/')).join('.')
}

/** The one name that a parameter goes by, however it was written. */
export function canonical(name: string): string {
  return nameOf(partsOf(name))
}

/** Values of several numbers come back with tabs between them. */
function tidy(value: string): string {
  return value.replace(/\n$/, '').replaceAll('\t', ' ')
}

/** Whether the kernel took a value as it was meant: the same words, or the same numbers however written. */
export function sameValue(left: string, right: string): boolean {
  const words = (text: string) => text.trim().split(/\s+/)
  const [one, other] = [words(left), words(right)]
  return one.length === other.length && one.every((word, index) => sameWord(word, other[index] ?? ''))
}

function sameWord(left: string, right: string): boolean {
  return (
    left === right ||
    (/^[-+]?(0x)?[0-9a-f]+$/i.test(left) && /^[-+]?(0x[0-9a-f]+|\d+)$/i.test(right) && Number(left) === Number(right))
  )
}
