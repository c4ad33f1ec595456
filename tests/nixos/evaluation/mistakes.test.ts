import { expect, test } from 'vitest'
import { EvaluationError, evaluate, nix } from '../../support/nixos/evaluate.ts'

const host = 'nginx.hostName = "castellan.example.org";'
const own = 'nginx.tls = { certificate = "/etc/tls/cert.pem"; key = "/etc/tls/key.pem"; };'
const publicKey = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
const calls = 'calls = [ { tool = "system_health"; } ];'

/** Messages of the assertions that do not hold. */
function broken(set: string): Promise<string[]> {
  const expression = 'map (one: one.message) (lib.filter (one: !one.assertion) config.assertions)'
  return evaluate({ configuration: `services.castellan = { ${set} };`, expression })
}

function warnings(set: string): Promise<string[]> {
  return evaluate({ configuration: `services.castellan = { ${set} };`, expression: 'config.warnings' })
}

async function refusal(set: string): Promise<string> {
  const configuration = `services.castellan = { ${set} };`
  const expression = 'builtins.deepSeq config.services.castellan config.rendered'
  const error = await evaluate({ configuration, expression }).catch((reason: unknown) => reason)
  if (error instanceof EvaluationError) return error.message
  throw new Error(`expected nix to refuse ${set}`)
}

nix.describe('an assertion says in a sentence what is wrong and what helps', () => {
  test.each([
    ['nginx.enable = true;', 'nginx has no name to serve. Set services.castellan.nginx.hostName'],
    [`${host} nginx.tls.certificate = "/etc/tls/cert.pem";`, 'names a certificate without its key'],
    [`${host} ${own} nginx.tls.acme = true;`, 'wants a certificate by ACME and names one as well'],
    [`${host} nginx.tls.acme = false;`, 'has neither ACME nor a certificate'],
    ['openFirewall = true;', 'opens ports 80 and 443, but nothing listens there'],
    ['airlock = { enable = false; allow = [ { host = "a.example.org"; } ]; };', 'but the airlock is off'],
    ['engine.model = "/home/ada/chat.gguf";', 'the engine sees none of those'],
    ['agentUsers = [ "castellan-engine" ];', 'Neither may ask agentd for anything'],
    [
      `operators = { a.publicKey = "${publicKey}"; b.publicKey = "${publicKey}"; };`,
      'has one public key under two names',
    ],
    ['agents.main = { }; defaultAgent = "watch";', 'names an agent that services.castellan.agents does not have'],
    ['agents.Main = { };', 'has a name that no agent can have'],
    ['agents.main = { }; engine.enable = false;', 'thinks with the model on this host, and there is none'],
    [
      'airlock = { enable = false; search.url = "https://s.example.org"; };',
      'names a search engine, but the airlock is off',
    ],
    ['airlock.search = { url = "https://s.example.org"; tor = { }; };', 'needs either cookieFile or passwordFile'],
    ['agents.main.engine.engine = "openai"; airlock.enable = false;', 'and there is no way out'],
    ['policy.files."rules.txt".text = "";', 'is neither a file of rules (.cedar) nor of their tests (.test.json)'],
    ['policy.files."a.cedar" = { };', 'needs either text or source, and not both'],
    ['policy.files."a.cedar" = { text = ""; source = "/etc/a"; };', 'needs either text or source, and not both'],
    [`routines.Tidy = { cron = "* * * * *"; ${calls} };`, 'has a name that no routine can have'],
    [`routines.tidy = { ${calls} };`, 'needs either cron or everySeconds, and not both'],
    [`routines.tidy = { cron = "* * * * *"; everySeconds = 60; ${calls} };`, 'needs either cron or everySeconds'],
    ['routines.tidy = { everySeconds = 60; calls = [ ]; };', 'calls nothing'],
    ['watchers.Web.check.kind = "memory";', 'has a name that no watcher can have'],
    [
      'watchers.web = { check.kind = "memory"; ladder = [ { act = "restart"; } ]; };',
      'Give unit exactly to the steps with act = "restart"',
    ],
    ['mcpServers.my-server.command = [ "/bin/x" ];', 'cannot go before the names of its tools'],
    ['mcpServers.weather.command = [ ];', 'has an empty command'],
    ['agentd.settings.sessions.mode = "operate";', 'settings.sessions.mode is said by another option'],
    ['gateway.settings.host = "0.0.0.0";', 'settings.host is said by another option'],
  ])('%s', async (set, words) => {
    const messages = await broken(set)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain(words)
    // A subject at the beginning, a full stop at the end.
    expect(messages[0]).toMatch(/^services\.castellan\..*\.$/s)
  })

  test('and nothing where nothing is wrong', async () => {
    expect(
      await broken(`${host} ${own} openFirewall = true; routines.tidy = { everySeconds = 60; ${calls} };`),
    ).toEqual([])
  })
})

nix.describe('a warning tells of', () => {
  test.each([
    ['agentd.settings.approvals.ownerToken = true;', 'a gateway that was taken over could approve'],
    ['engine.enable = false;', 'has no model: chats answer to commands like /help alone'],
    ['egress.enforce = false;', 'no longer keeps the gateway and the engine from opening connections'],
    [`${host} ${own}`, 'the firewall keeps others out'],
  ])('%s', async (set, words) => {
    expect(await warnings(set)).toEqual([expect.stringContaining(words)])
  })

  test('nothing by default', async () => {
    expect(await warnings('')).toEqual([])
  })
})

nix.describe('a value of the wrong type is refused by the name of its option', () => {
  test.each([
    ['enable', 'enable = lib.mkForce "yes";'],
    ['mode', 'mode = "careful";'],
    ['ownerTokenFile', 'ownerTokenFile = ./evaluate.nix;'],
    ['ownerTokenFile', 'ownerTokenFile = "/nix/store/00000000000000000000000000000000-token";'],
    ['ownerTokenFile', 'ownerTokenFile = "/etc/../nix/store/00000000000000000000000000000000-token";'],
    ['ownerTokenFile', 'ownerTokenFile = "token";'],
    ['backups.folder', 'backups.folder = "/nix/store/00000000000000000000000000000000-b";'],
    ['backups.keepDaily', 'backups.keepDaily = 0;'],
    ['nginx.tls.key', `${host} nginx.tls = { certificate = "/c"; key = ./evaluate.nix; };`],
    ['mcpServers.weather.secrets.KEY', 'mcpServers.weather = { command = [ "/x" ]; secrets.KEY = ./evaluate.nix; };'],
    ['mcpServers.weather.domains', 'mcpServers.weather = { command = [ "/x" ]; domains = [ "https://x.org" ]; };'],
    ...['a..b', '.example.org', 'example.org.', 'a.-b', `${'a'.repeat(64)}.org`, 'a_b'].map((name) => [
      'nginx.hostName',
      `nginx.hostName = "${name}";`,
    ]),
    ['gateway.port', 'gateway.port = 70000;'],
    ['gateway.publicOrigins', 'gateway.publicOrigins = [ "https://x.org/path" ];'],
    ['engine.memoryMax', 'engine.memoryMax = "lots";'],
    ['engine.gpus', 'engine.gpus = [ "voodoo" ];'],
    ['airlock.allow', 'airlock.allow = [ { host = "https://x.org"; } ];'],
    ['operators.ada.publicKey', 'operators.ada.publicKey = "ssh-ed25519 AAAA";'],
    ['switch.checks', 'switch.checks = [ { kind = "smell"; name = "x"; } ];'],
    ['routines.tidy.everySeconds', `routines.tidy = { everySeconds = 5; ${calls} };`],
  ])('%s', async (option, set) => {
    const message = await refusal(set)
    expect(message).toContain('is not of type')
    expect(message).toContain(`services.castellan.${option}`)
  })
})

nix.describe('the module refuses', () => {
  test('an option that there is not', async () => {
    expect(await refusal('agentd.memmoryMax = "1G";')).toMatch(
      /services\.castellan\.agentd\.memmoryMax' does not exist/,
    )
  })

  test('an option that is missing', async () => {
    const message = await refusal('airlock.allow = [ { path = "/v1"; } ];')
    expect(message).toContain('was accessed but has no value defined')
  })

  test('two definitions in conflict', async () => {
    const configuration = 'services.castellan = lib.mkMerge [ { mode = "observe"; } { mode = "operate"; } ];'
    const error = await evaluate({ configuration, expression: 'config.services.castellan.mode' }).catch(
      (reason) => reason,
    )
    expect((error as Error).message).toContain('conflicting definition')
  })
})
