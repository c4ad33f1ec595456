// A connection as its standard streams: `relay.ts ADDRESS PORT FROM`, run where that address can be reached from.
import { connect } from 'node:net'

const [host, port, localAddress] = process.argv.slice(2) as [string, string, string]
const socket = connect({ host, port: Number(port), localAddress })
socket.on('error', () => process.exit(1))
socket.on('close', () => process.exit(0))
process.stdin.pipe(socket).pipe(process.stdout)
