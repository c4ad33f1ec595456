import { readFile } from 'node:fs/promises'
import { createClient } from '@castellan/client-sdk'

const token = (await readFile(`${process.env.HOME}/.local/state/castellan/token`, 'utf8')).trim()
const castellan = createClient({ url: 'http://127.0.0.1:18789', token })

const { summary, ledger_index } = await castellan.callTool('disk_usage')
console.log(summary, `(ledger entry ${ledger_index})`)
