import { DEFAULT_PORT } from '../options.ts'

export const helpText = `Castellan keeps a server for its owner. This starts it on this machine, for you alone.

  npm start                                  start, and print the page's address with a one-time sign-in code
  npm start -- --state DIR                   keep all state in DIR (made with mode 0700 when missing)
  npm start -- --port N                      serve the page on port N instead of ${DEFAULT_PORT}; 0 takes any free port
  npm start -- --model FILE.gguf             think with any chat GGUF instead of the built-in model
  npm start -- --json                        for programs: one JSON line on standard output when ready, nothing else
                                             {"url", "tokenFile", "agentSocket", "operatorSocket", "pid"}

Three processes run under one supervisor: agentd (acts, and keeps the ledger), engine (thinks, without network where the
host allows it) and gateway (serves the page on 127.0.0.1). One that dies is started again. Ctrl-C stops them all.

Without --state, state is kept in $CASTELLAN_STATE, or $XDG_STATE_HOME/castellan, or ~/.local/state/castellan.
DIR/config.json may hold {"port", "model", "logLevel", "agentd": {…}, "engine": {…}, "gateway": {…}}; variables such as
CASTELLAN_PORT and CASTELLAN_GATEWAY__PUBLIC_ORIGINS win over it, and arguments win over both.

Once it runs:   npx agentctl status · npx agentctl chat · npx agentctl verify-ledger · npx agentctl --help

Exit codes: 0 stopped · 1 could not start or go on · 70 a process had to be killed · 78 configuration or arguments
`
