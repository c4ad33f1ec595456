import { gzipSync } from 'node:zlib'
import {
  type Entry,
  type FileSpec,
  type GgufWriter,
  ggufFile,
  text,
  texts,
  uint32,
  usualEntries,
  usualTensors,
  weights,
} from './gguf.ts'
import { safetensorsFile, usualData, usualHeader } from './safetensors.ts'

/** One malformed file: what is wrong with it, its name, its bytes. */
export interface Malformed {
  readonly title: string
  readonly name: string
  readonly bytes: Buffer
}

const MAX = 2n ** 64n - 1n
const gguf = (title: string, bytes: Buffer): Malformed => ({ title: `gguf: ${title}`, name: 'model.gguf', bytes })
const spec = (title: string, made: FileSpec): Malformed => gguf(title, ggufFile(made))
const withEntry = (title: string, ...entry: Entry): Malformed =>
  spec(title, { entries: [...usualEntries, entry as unknown as Entry] })
const [first, second] = usualTensors as [(typeof usualTensors)[0], (typeof usualTensors)[0]]
const tensors = (title: string, ...changed: Partial<(typeof usualTensors)[0]>[]): Malformed =>
  spec(title, {
    tensors: [
      { ...first, ...changed[0] },
      { ...second, ...changed[1] },
    ],
  })
const raw = (write: (writer: GgufWriter) => unknown) => write as (writer: GgufWriter) => void

/** Every malformed GGUF file, made by a rule each. */
export function malformedGguf(): Malformed[] {
  const whole = ggufFile()
  const cuts = [
    1,
    3,
    4,
    5,
    7,
    8,
    12,
    16,
    20,
    23,
    24,
    30,
    40,
    60,
    100,
    150,
    200,
    250,
    whole.length - 129,
    whole.length - 1,
  ]
  return [
    ...cuts.map((length) => gguf(`cut after ${length} bytes`, whole.subarray(0, length))),
    gguf('no byte at all', Buffer.alloc(0)),
    spec('magic in lower case', { magic: 'gguf' }),
    spec('magic reversed', { magic: 'FUGG' }),
    ...[0, 1, 4, 99, 0x0300_0000, 0x0200_0000, 0xffff_ffff].map((version) => spec(`version ${version}`, { version })),
    ...[3, 1000, 65_537, 2 ** 31, 2n ** 32n, 2n ** 53n, 2n ** 63n, MAX].map((tensorCount) =>
      spec(`${tensorCount} tensors claimed`, { tensorCount }),
    ),
    spec('one tensor less claimed than described', { tensorCount: 1 }),
    ...[10, 1000, 65_537, 2n ** 32n, 2n ** 63n, MAX].map((entryCount) =>
      spec(`${entryCount} entries claimed`, { entryCount }),
    ),
    spec('one entry less claimed than there is', { entryCount: usualEntries.length - 1 }),
    ...[13, 14, 255, 0x7fff_ffff, 0xffff_ffff].map((type) =>
      withEntry(
        `value of type ${type}`,
        'x.y',
        raw((writer) => writer.u32(type).u64(0)),
      ),
    ),
    withEntry('a key twice', 'general.name', text('again')),
    withEntry('the architecture twice', 'general.architecture', text('bert')),
    withEntry('empty key', '', uint32(1)),
    withEntry('key with a space', 'x y', uint32(1)),
    withEntry('key with a NUL', 'general.name\0x', uint32(1)),
    withEntry('key that is no ASCII', 'gén', uint32(1)),
    withEntry('key of 2000 bytes', 'k'.repeat(2000), uint32(1)),
    withEntry(
      'key longer than the file',
      Buffer.alloc(0),
      raw(() => undefined),
    ),
    withEntry(
      'boolean 2',
      'x.bool',
      raw((writer) => writer.u32(7).u8(2)),
    ),
    withEntry(
      'boolean 255',
      'x.bool',
      raw((writer) => writer.u32(7).u8(255)),
    ),
    withEntry(
      'NaN as a value',
      'x.float',
      raw((writer) => writer.u32(6).u32(0x7fc0_0000)),
    ),
    withEntry(
      'infinity as a value',
      'x.float',
      raw((writer) => writer.u32(6).u32(0x7f80_0000)),
    ),
    withEntry(
      'NaN of 64 bits as a value',
      'x.double',
      raw((writer) => writer.u32(12).u64(0x7ff8_0000_0000_0000n)),
    ),
    ...[1000n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, MAX].map((length) =>
      withEntry(`text of claimed length ${length}`, 'x.text', text('short', length)),
    ),
    withEntry('text that is no UTF-8', 'x.text', text(Buffer.from([0xff, 0xfe, 0x41]))),
    withEntry('text with an overlong encoding', 'x.text', text(Buffer.from([0xc0, 0xaf]))),
    withEntry('text with a surrogate', 'x.text', text(Buffer.from([0xed, 0xa0, 0x80]))),
    withEntry('text with a NUL', 'x.text', text('seen\0hidden')),
    ...[4, 2n ** 24n + 1n, 2n ** 32n, 2n ** 61n, 2n ** 63n, MAX].map((count) =>
      withEntry(`list of ${count} texts claimed`, 'x.list', texts(['a', 'b', 'c'], count)),
    ),
    ...[4, 2n ** 32n, 2n ** 61n, 2n ** 62n, MAX].map((count) =>
      withEntry(
        `list of ${count} numbers claimed`,
        'x.list',
        raw((writer) => writer.u32(9).u32(4).u64(count).u32(1)),
      ),
    ),
    withEntry(
      'list of an unknown type',
      'x.list',
      raw((writer) => writer.u32(9).u32(77).u64(1).u64(0)),
    ),
    withEntry(
      'list of lists',
      'x.list',
      raw((writer) => writer.u32(9).u32(9).u64(1).u32(4).u64(0)),
    ),
    withEntry(
      'lists a thousand deep',
      'x.list',
      raw((writer) => {
        for (let depth = 0; depth < 1000; depth++) writer.u32(9).u32(9).u64(1)
      }),
    ),
    withEntry(
      'list of booleans with a 7',
      'x.list',
      raw((writer) => writer.u32(9).u32(7).u64(2).u8(1).u8(7)),
    ),
    ...[0, 1, 3, 4, 7, 12, 33, 48, 1000, 65_537, 131_072, 0xffff_ffff].map((alignment) =>
      withEntry(`alignment ${alignment}`, 'general.alignment', uint32(alignment)),
    ),
    withEntry('alignment as a text', 'general.alignment', text('32')),
    withEntry(
      'alignment of 64 bits',
      'general.alignment',
      raw((writer) => writer.u32(10).u64(32)),
    ),
    tensors('two tensors of one name', {}, { name: 'token_embd.weight' }),
    tensors('tensor without a name', { name: '' }),
    tensors('tensor name of 64 bytes', { name: 'n'.repeat(64) }),
    tensors('tensor name with a NUL', { name: 'a\0b' }),
    tensors('tensor name with a line break', { name: 'a\nb' }),
    tensors('tensor name that is no UTF-8', { name: Buffer.from([0xff]) }),
    ...[0, 5, 8, 255, 0x7fff_ffff, 0xffff_ffff].map((rank) => tensors(`${rank} dimensions`, { rank })),
    tensors('a dimension of 0', { dimensions: [0] }),
    tensors('a second dimension of 0', { dimensions: [32, 0] }),
    tensors('a product that wraps to 32', { dimensions: [32, 2n ** 61n] }),
    tensors('a product that wraps to 0', { dimensions: [2n ** 32n, 2n ** 32n] }),
    tensors('four dimensions of 2^63', { dimensions: [2n ** 63n, 2n ** 63n, 2n ** 63n, 2n ** 63n] }),
    tensors('a dimension of 2^64-1', { dimensions: [MAX] }),
    tensors('a dimension that overflows in bytes', { dimensions: [2n ** 62n] }),
    tensors('more values than the file holds', { dimensions: [1_000_000] }),
    tensors('one value too many', {}, { dimensions: [33] }),
    tensors('one value too few', {}, { dimensions: [31] }),
    ...[4, 5, 31, 36, 40, 255, 0xffff_ffff].map((type) => tensors(`tensor type ${type}`, { type })),
    tensors('rows that blocks do not divide', { type: 8, dimensions: [33] }),
    tensors('rows of 32 in blocks of 256', { type: 12 }),
    tensors('a type whose blocks are larger than the data', {}, { type: 28 }),
    ...[1, 31, 33, 127].map((offset) => tensors(`offset ${offset}`, {}, { offset })),
    tensors('second tensor inside the first', {}, { offset: 96 }),
    tensors('both tensors at one place', {}, { offset: 0 }),
    tensors('tensors in each other by order', { offset: 128 }, { offset: 128 }),
    tensors('room between tensors', {}, { offset: 160 }),
    tensors('offset behind the end', {}, { offset: 1024 }),
    ...[2n ** 32n, 2n ** 53n, 2n ** 63n, MAX - 31n].map((offset) => tensors(`offset ${offset}`, {}, { offset })),
    tensors('an offset that wraps back to 128', {}, { offset: MAX - 127n }),
    gguf('32 zeros behind the last tensor', Buffer.concat([whole, Buffer.alloc(32)])),
    gguf('one byte behind the last tensor', Buffer.concat([whole, Buffer.from([1])])),
    gguf('a ZIP archive behind the last tensor', Buffer.concat([whole, Buffer.from('PK\x03\x04payload')])),
    gguf('a mebibyte behind the last tensor', Buffer.concat([whole, Buffer.alloc(1_048_576, 7)])),
    gguf('data in the padding of the header', hiddenInPadding()),
    spec('padding left out', { padding: 0, data: weights(64) }),
    spec('padding too long', { padding: 96 }),
    spec('no tensors, but data', { tensors: [] }),
    gguf('nothing but a mebibyte of ones', Buffer.alloc(1_048_576, 1)),
  ]
}

function hiddenInPadding(): Buffer {
  const whole = ggufFile({ entries: usualEntries, data: weights(64) })
  const start = whole.length - 256
  whole.writeUInt8(0x41, start - 1)
  return whole
}

/** Every malformed safetensors file. */
export function malformedSafetensors(): Malformed[] {
  const st = (title: string, bytes: Buffer): Malformed => ({
    title: `safetensors: ${title}`,
    name: 'model.safetensors',
    bytes,
  })
  const header = (title: string, value: unknown, data: Uint8Array = usualData): Malformed =>
    st(title, safetensorsFile(value, data))
  const weight = usualHeader['model.weight']
  const changed = (title: string, change: Record<string, unknown>): Malformed =>
    header(title, { ...usualHeader, 'model.weight': { ...weight, ...change } })
  const whole = safetensorsFile(usualHeader, usualData)
  const deep = `{"a":${'['.repeat(100_000)}`
  return [
    ...[0, 1, 7, 8, 9, 20, 100, whole.length - 25, whole.length - 1].map((length) =>
      st(`cut after ${length} bytes`, whole.subarray(0, length)),
    ),
    ...[0, 1, 2, 10, 100_000, 2n ** 25n + 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, MAX].map((length) =>
      st(`header of claimed length ${length}`, safetensorsFile(usualHeader, usualData, length)),
    ),
    header('header that is a list', '[1,2]'),
    header('header that is a text', '"{}"'),
    header('header that is no JSON', '{model}'),
    header('header with a comment', '{/* */}'),
    header('header with a comma too many', '{"a":{"dtype":"U8","shape":[24],"data_offsets":[0,24]},}'),
    header('header with something behind it', `${JSON.stringify(usualHeader)}x`),
    header('header with NULs behind it', `${JSON.stringify(usualHeader)}\0\0`),
    header('header that nests 100,000 deep', deep),
    header('header with a tensor that nests', '{"a":{"dtype":"U8","shape":[[[[[[24]]]]]],"data_offsets":[0,24]}}'),
    header(
      'a name twice',
      '{"a":{"dtype":"U8","shape":[24],"data_offsets":[0,24]},"a":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}',
    ),
    header(
      'a name twice, once escaped',
      '{"a":{"dtype":"U8","shape":[24],"data_offsets":[0,24]},"\\u0061":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}',
    ),
    header('dtype twice', '{"a":{"dtype":"U8","dtype":"F32","shape":[24],"data_offsets":[0,24]}}'),
    header('name with a lone surrogate', '{"\\ud800":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}'),
    st(
      'name that is no UTF-8',
      safetensorsFile(Buffer.from('{"\xff":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}', 'latin1'), usualData),
    ),
    header('empty name', { '': { dtype: 'U8', shape: [24], data_offsets: [0, 24] } }),
    header('name of 2000 bytes', { ['n'.repeat(2000)]: { dtype: 'U8', shape: [24], data_offsets: [0, 24] } }),
    changed('unknown dtype', { dtype: 'F33' }),
    changed('dtype of the language', { dtype: 'constructor' }),
    changed('dtype that is a number', { dtype: 32 }),
    changed('negative dimension', { shape: [-2, -2] }),
    changed('dimension that is a fraction', { shape: [0.5, 8] }),
    changed('dimension that is a text', { shape: ['2', 2] }),
    changed('dimension beyond 2^53', { shape: [9_007_199_254_740_992] }),
    changed('dimension 1e300', { shape: [1e300] }),
    changed('product that wraps', { shape: [4_294_967_296, 4_294_967_296] }),
    changed('17 dimensions', { shape: Array.from({ length: 17 }, () => 1) }),
    changed('shape that is no list', { shape: 4 }),
    changed('fewer values than bytes', { shape: [2, 1] }),
    changed('more values than bytes', { shape: [2, 3] }),
    changed('offsets in the wrong order', { data_offsets: [16, 0] }),
    changed('offsets behind the end', { data_offsets: [1000, 1016] }),
    changed('offset 2^53', { data_offsets: [9_007_199_254_740_992, 9_007_199_254_740_992] }),
    changed('negative offset', { data_offsets: [-16, 0] }),
    changed('one offset', { data_offsets: [16] }),
    changed('three offsets', { data_offsets: [0, 8, 16] }),
    changed('one field more', { extra: 1 }),
    changed('overlap', { data_offsets: [8, 24] }),
    header('a tensor that is null', { ...usualHeader, 'model.weight': null }),
    header('a tensor that is a list', { ...usualHeader, 'model.weight': ['F32', [2, 2], [0, 16]] }),
    header('a field less', { a: { dtype: 'U8', shape: [24] } }),
    header('room before the first tensor', { a: { dtype: 'U8', shape: [16], data_offsets: [8, 24] } }),
    header('room between tensors', {
      a: { dtype: 'U8', shape: [8], data_offsets: [0, 8] },
      b: { dtype: 'U8', shape: [8], data_offsets: [16, 24] },
    }),
    header('data behind the last tensor', usualHeader, Buffer.alloc(25, 1)),
    header('zeros behind the last tensor', usualHeader, Buffer.concat([usualData, Buffer.alloc(64)])),
    header('nothing but metadata, and data', { __metadata__: {} }),
    header('metadata that is no text', { ...usualHeader, __metadata__: { format: 1 } }),
    header('metadata that is a list', { ...usualHeader, __metadata__: ['pt'] }),
  ]
}

/** What is no model, or says that it is another thing than it is. */
export function foreignFiles(): Malformed[] {
  const whole = ggufFile()
  const zip = Buffer.from('PK\x03\x04\x14\0\0\0archive/data.pkl', 'latin1')
  const tar = Buffer.alloc(1024)
  tar.write('ustar\0', 257)
  const foreign = (title: string, name: string, bytes: Buffer): Malformed => ({
    title: `foreign: ${title}`,
    name,
    bytes,
  })
  return [
    foreign('pickle of protocol 2', 'model.gguf', Buffer.from([0x80, 2, 0x63, 0x6f, 0x73, 0x0a])),
    foreign('pickle of protocol 4', 'model.safetensors', Buffer.from([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
    foreign('pickle of protocol 5', 'model.gguf', Buffer.from([0x80, 5, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
    foreign('pickle in letters', 'model.gguf', Buffer.from("cos\nsystem\n(S'id'\ntR.")),
    foreign('ZIP', 'model.safetensors', zip),
    foreign('tar', 'model.gguf', tar),
    foreign('gzip of a model', 'model.gguf', gzipSync(whole)),
    foreign('bzip2', 'model.gguf', Buffer.from('BZh91AY&SY')),
    foreign('xz', 'model.gguf', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])),
    foreign('Zstandard', 'model.gguf', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])),
    foreign('HDF5', 'model.gguf', Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a])),
    foreign('NumPy', 'model.gguf', Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])),
    foreign('ELF', 'model.gguf', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])),
    foreign('script', 'model.gguf', Buffer.from('#!/bin/sh\nid\n')),
    foreign('older llama.cpp format', 'model.gguf', Buffer.from('lmgg\x01\0\0\0')),
    ...['pt', 'pth', 'bin', 'ckpt', 'pkl', 'zip', 'tar', 'gz', 'npz', 'h5', 'onnx', 'llamafile', 'py'].map((ending) =>
      foreign(`a right GGUF file named .${ending}`, `model.${ending}`, whole),
    ),
    foreign('a GGUF file named .safetensors', 'model.safetensors', whole),
    foreign('a safetensors file named .gguf', 'model.gguf', safetensorsFile(usualHeader, usualData)),
    foreign('a GGUF file without an ending', 'model', whole),
  ]
}

export function corpus(): Malformed[] {
  return [...malformedGguf(), ...malformedSafetensors(), ...foreignFiles()]
}
