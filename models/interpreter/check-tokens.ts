/**
 * Fails unless llama.cpp cuts every sampled request into the tokens the model was trained on:
 *
 *     python3 sample_tokens.py build/interpreter.pt | node check-tokens.ts
 */
import { text as readAll } from 'node:stream/consumers'
import { getLlama } from 'node-llama-cpp'

const samples = JSON.parse(await readAll(process.stdin)) as readonly (readonly [string, readonly number[]])[]
const llama = await getLlama({ gpu: false, build: 'never' })
const model = await llama.loadModel({ modelPath: new URL('castellan-interpreter.gguf', import.meta.url).pathname })
const different = samples.filter(([text, tokens]) => model.tokenize(` ${text}`, false).join() !== tokens.join())
for (const [text] of different.slice(0, 10)) console.log(`different tokens: ${JSON.stringify(text)}`)
console.log(`${samples.length - different.length} of ${samples.length} requests have the same tokens in llama.cpp`)
await llama.dispose()
process.exitCode = different.length === 0 ? 0 : 1
