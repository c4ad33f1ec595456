// Runs behind the walls, as the parent of an MCP server that may reach some domains: it listens on the loopback of an
// otherwise empty network and carries each connection to agentd's socket, where it is judged. Arguments: the socket, the
// port, then the server's command. Stands alone: nothing of agentd is to be seen there but this file.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

const [socket = '', port = '0', program = '', ...args] = process.argv.slice(2)

const server = createServer((near) => {
  const far = connect(socket)
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
  near.pipe(far).pipe(near)
})

server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(program, args, { stdio: 'inherit' })
  child.once('error', (error) => {
    console.error(error.message)
    process.exit(127)
  })
  child.once('exit', (code) => process.exit(code ?? 1))
})
