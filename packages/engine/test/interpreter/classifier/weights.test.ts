import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Classifier } from '../../../src/interpreter/classifier/classifier.ts'
import { readClassifierWeights } from '../../../src/interpreter/classifier/weights.ts'
import { writeClassifier } from '../../support/classifier-file.ts'
import { tempFolder } from '../../support/temp.ts'

const labels = ['disk_usage', 'memory_usage', null]
const taught = { 'how full is the disk': 'disk_usage', 'memory left': 'memory_usage', 'tell a joke': null }
const file = (): string => join(tempFolder(), 'classifier.safetensors')

describe('a classifier file', () => {
  it('says what a request means, with probabilities that add up to 1', async () => {
    const path = file()
    const classifier = new Classifier(await readClassifierWeights(path, writeClassifier(path, { labels, taught })))
    for (const [text, label] of Object.entries(taught)) {
      const found = classifier.read(text)
      const likeliest = [...found].reduce((best, entry) => (entry[1] > best[1] ? entry : best))
      expect(likeliest[0]).toBe(label)
      expect([...found.values()].reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 9)
    }
  })

  it('other than the one the model was made with is refused', async () => {
    const path = file()
    const digest = writeClassifier(path, { labels, taught })
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] = 1
    writeFileSync(path, bytes)
    await expect(readClassifierWeights(path, digest)).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('not the one'),
    })
  })

  it('that is not there is refused', async () => {
    await expect(readClassifierWeights(file(), '')).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('ENOENT'),
    })
  })

  it('whose tensors do not fit each other is refused', async () => {
    const path = file()
    const digest = writeClassifier(path, { labels, taught, biasLength: 2 })
    await expect(readClassifierWeights(path, digest)).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.from([255, 255, 255, 255, 255, 255, 255, 127])],
    ['a header of another kind', Buffer.from('\x02\0\0\0\0\0\0\0{}')],
  ])('of %s is refused', async (_, bytes) => {
    const path = file()
    writeFileSync(path, bytes)
    const digest = createHash('sha256').update(bytes).digest('hex')
    await expect(readClassifierWeights(path, digest)).rejects.toMatchObject({ code: 'model_invalid' })
  })
})
