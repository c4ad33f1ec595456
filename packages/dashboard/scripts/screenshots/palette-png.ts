import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Colours of a palette: indices are bytes. */
const COLOURS = 256

interface Picture {
  readonly width: number
  readonly height: number
  /** One number for each pixel, 0xRRGGBB. */
  readonly pixels: Uint32Array
}

/**
 * The same picture with at most 256 colours, which takes a page's picture to about a third (PNG, W3C). Takes what browsers write: 8 bits a
 * channel, RGB or RGBA, not interlaced; transparency is dropped. Throws `TypeError` for anything else.
 */
export function toPalette(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png)
  const { palette, nearest } = quantise(pixels)
  const raw = Buffer.alloc(height * (width + 1))
  // No filter: indices that lie next to each other say nothing about the colours.
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1)
      raw[y * (width + 1) + 1 + x] = nearest.get(pixels[y * width + x] as number) as number
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]))
  const data = deflateSync(raw, { level: 9, memLevel: 9 })
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
}

function decode(png: Buffer): Picture {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new TypeError('This is no PNG file.')
  const parts: Buffer[] = []
  let header: Buffer | undefined
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') header = data
    if (type === 'IDAT') parts.push(data)
    at += length + 12
  }
  const [depth, kind, , , interlaced] = header?.subarray(8) ?? []
  if (header === undefined || depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0)
    throw new TypeError('This PNG file is of another kind than browsers write.')
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), kind === 6 ? 4 : 3]
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), height, width * channels, channels)
  const pixels = new Uint32Array(width * height)
  for (let pixel = 0; pixel < pixels.length; pixel += 1) pixels[pixel] = bytes.readUIntBE(pixel * channels, 3)
  return { width, height, pixels }
}

/** Takes back what each line was filtered with (PNG, section 9). */
function unfilter(raw: Buffer, height: number, stride: number, channels: number): Buffer {
  const bytes = Buffer.alloc(height * stride)
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)] as number
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x
      const left = x < channels ? 0 : (bytes[at - channels] as number)
      const up = y === 0 ? 0 : (bytes[at - stride] as number)
      const corner = x < channels || y === 0 ? 0 : (bytes[at - stride - channels] as number)
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number
      bytes[at] = (raw[y * (stride + 1) + 1 + x] as number) + guess
    }
  }
  return bytes
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

type Box = { readonly colour: number; readonly count: number }[]

/** Median cut: boxes of colours are halved along their longest side, the one with most in it first, until there are enough. */
function quantise(pixels: Uint32Array): {
  readonly palette: readonly number[]
  readonly nearest: ReadonlyMap<number, number>
} {
  const counts = new Map<number, number>()
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const boxes: Box[] = [[...counts].map(([colour, count]) => ({ colour, count }))]
  while (boxes.length < COLOURS) {
    const [spread, widest] = boxes
      .map((box, index) => [extent(box).length, index] as const)
      .reduce((a, b) => (b[0] > a[0] ? b : a))
    if (spread === 0) break
    const box = boxes[widest] as Box
    const { shift } = extent(box)
    box.sort((a, b) => ((a.colour >> shift) & 0xff) - ((b.colour >> shift) & 0xff))
    boxes.splice(widest, 1, box.slice(0, box.length >> 1), box.slice(box.length >> 1))
  }
  const nearest = new Map<number, number>()
  const palette = boxes.map((box, index) => {
    for (const { colour } of box) nearest.set(colour, index)
    // Large plain grounds keep exactly their colour.
    return box.reduce((most, one) => (one.count > most.count ? one : most)).colour
  })
  return { palette, nearest }
}

/** The longest side of a box, and where its channel lies in a colour. */
function extent(box: Box): { readonly length: number; readonly shift: number } {
  let widest = { length: 0, shift: 0 }
  for (const shift of [16, 8, 0]) {
    let [low, high] = [255, 0]
    for (const { colour } of box) {
      const value = (colour >> shift) & 0xff
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
    if (high - low > widest.length) widest = { length: high - low, shift }
  }
  return widest
}
