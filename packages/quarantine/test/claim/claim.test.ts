import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { claimFile, claimFolder, folderDigest, openSource } from '../../src/claim/index.ts'

const signal = new AbortController().signal
const options = { maxBytes: 64 * 1024 * 1024, signal }
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function claim(
  path: string,
  to: string,
  more: Partial<typeof options> & { progress?: (bytes: number) => void } = {},
) {
  await using file = await openSource(path)
  return await claimFile(file, to, { ...options, ...more })
}

function place(content: Uint8Array = Buffer.alloc(3_000_000, 7)) {
  const folder = temporaryFolder()
  const source = join(folder, 'source.gguf')
  writeFileSync(source, content)
  // So that a write shows in its time, however soon it comes.
  utimesSync(source, 1, 1)
  return { folder, source, copy: join(folder, 'copy.gguf'), content }
}

describe('a claim', () => {
  it('is a private copy with the digest of the copy', async () => {
    const { source, copy, content } = place()
    expect(await claim(source, copy)).toEqual({ bytes: content.length, sha256: digestOf(content) })
    expect(readFileSync(copy).equals(content)).toBe(true)
    expect(statSync(copy).mode & 0o777).toBe(0o444)
    expect(statSync(copy).ino).not.toBe(statSync(source).ino)
  })

  it('is not touched by what happens to the source afterwards: a write through a descriptor, a swap, a truncation', async () => {
    const { folder, source, copy, content } = place()
    const descriptor = openSync(source, 'r+')
    const { sha256 } = await claim(source, copy)
    writeSync(descriptor, Buffer.from('evil'), 0, 4, 0)
    closeSync(descriptor)
    writeFileSync(join(folder, 'evil'), 'evil')
    renameSync(join(folder, 'evil'), source)
    truncateSync(source, 1)
    expect(digestOf(readFileSync(copy))).toBe(sha256)
    expect(sha256).toBe(digestOf(content))
  })

  it('is of the file that was opened, whatever has its name by then', async () => {
    const { folder, source, copy, content } = place()
    await using file = await openSource(source)
    writeFileSync(join(folder, 'other'), 'another file')
    renameSync(join(folder, 'other'), source)
    // Its last name is gone, which is a change of the inode as good as any.
    await expect(claimFile(file, copy, options)).rejects.toMatchObject({ code: 'hard_link' })
    expect(content.length).toBeGreaterThan(0)
  })

  it('is refused where the source is written to, cut or grown while it is copied', async () => {
    for (const change of [
      (source: string) => {
        const descriptor = openSync(source, 'r+')
        writeSync(descriptor, Buffer.from('evil'), 0, 4, 2_900_000)
        closeSync(descriptor)
      },
      (source: string) => truncateSync(source, 2_000_000),
      (source: string) => appendFileSync(source, 'more'),
    ]) {
      const { source, copy } = place()
      let done = false
      const progress = () => {
        if (!done) change(source)
        done = true
      }
      await expect(claim(source, copy, { progress })).rejects.toMatchObject({ code: 'changed' })
    }
  })

  it('ends where it is told to stop', async () => {
    const { source, copy } = place()
    const stop = new AbortController()
    await expect(
      claim(source, copy, { signal: stop.signal, progress: () => stop.abort(new Error('stopped')) }),
    ).rejects.toThrow('stopped')
  })

  it('takes nothing in over what is there already', async () => {
    const { source, copy } = place()
    writeFileSync(copy, 'mine')
    await expect(claim(source, copy)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(copy, 'utf8')).toBe('mine')
  })

  it('refuses a hard link, and a file above the limit', async () => {
    const { folder, source, copy } = place()
    linkSync(source, join(folder, 'second'))
    await expect(claim(source, copy)).rejects.toMatchObject({ code: 'hard_link' })
    const large = place()
    await expect(claim(large.source, large.copy, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'too_large' })
  })

  it('refuses a symbolic link, a folder and a device, and does not wait for a FIFO', async () => {
    const { folder, source } = place()
    symlinkSync(source, join(folder, 'link'))
    mkdirSync(join(folder, 'folder'))
    execFileSync('mkfifo', [join(folder, 'fifo')])
    for (const path of [join(folder, 'link'), join(folder, 'folder'), join(folder, 'fifo'), '/dev/null', '/dev/zero']) {
      await expect(openSource(path)).rejects.toMatchObject({ code: 'not_a_file' })
    }
  })

  it('refuses a socket', async () => {
    const path = join(temporaryFolder(), 's')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    await expect(openSource(path)).rejects.toMatchObject({ code: 'not_a_file' })
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('a claim of a folder', () => {
  function folder() {
    const root = temporaryFolder()
    const source = join(root, 'source')
    mkdirSync(join(source, 'unet'), { recursive: true })
    writeFileSync(join(source, 'model_index.json'), '{}')
    writeFileSync(join(source, 'unet', 'weights.safetensors'), 'weights')
    return { root, source, copy: join(root, 'copy') }
  }

  it('takes every file with its digest, and names the whole by them', async () => {
    const { source, copy } = folder()
    const files = await claimFolder(source, copy, options)
    expect(files).toEqual([
      { name: 'model_index.json', bytes: 2, sha256: digestOf(Buffer.from('{}')) },
      { name: 'unet/weights.safetensors', bytes: 7, sha256: digestOf(Buffer.from('weights')) },
    ])
    expect(folderDigest(files)).toBe(folderDigest([...files].reverse()))
    expect(folderDigest(files)).not.toBe(folderDigest(files.slice(1)))
    expect(readFileSync(join(copy, 'unet/weights.safetensors'), 'utf8')).toBe('weights')
  })

  it.each([
    ['a hidden file', 'hidden', (source: string) => writeFileSync(join(source, '.hidden.json'), '{}')],
    ['a hidden folder', 'hidden', (source: string) => mkdirSync(join(source, '.git'))],
    ['a program', 'foreign_file', (source: string) => writeFileSync(join(source, 'run.py'), '')],
    ['a pickle', 'foreign_file', (source: string) => writeFileSync(join(source, 'unet', 'pytorch_model.bin'), '')],
    ['a link to a file', 'not_a_file', (source: string) => symlinkSync('/etc/passwd', join(source, 'vocab.json'))],
    ['a link to a folder', 'foreign_file', (source: string) => symlinkSync('/etc', join(source, 'text'))],
    ['a FIFO', 'not_a_file', (source: string) => execFileSync('mkfifo', [join(source, 'a.json')])],
    [
      'a hard link',
      'hard_link',
      (source: string) => linkSync(join(source, 'model_index.json'), join(source, 'b.json')),
    ],
    ['a name with a line break', 'bad_name', (source: string) => writeFileSync(join(source, 'a\nb.json'), '')],
    ['a name that looks like an option', 'bad_name', (source: string) => writeFileSync(join(source, '-rf.json'), '')],
  ])('refuses %s', async (_what, code, add) => {
    const { source, copy } = folder()
    add(source)
    await expect(claimFolder(source, copy, options)).rejects.toMatchObject({ code })
  })

  it('refuses what is too much or too deep in all', async () => {
    const { source, copy, root } = folder()
    await expect(claimFolder(source, copy, { ...options, maxBytes: 8 })).rejects.toMatchObject({ code: 'too_large' })
    mkdirSync(join(source, 'a/b/c/d/e/f/g/h'), { recursive: true })
    await expect(claimFolder(source, join(root, 'deep'), options)).rejects.toMatchObject({ code: 'too_many' })
  })
})
