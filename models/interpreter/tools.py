"""The tools the interpreter knows and the tokens of its answers. FORMAT.md describes both to runtimes."""

from __future__ import annotations

from dataclasses import dataclass, field

REQUEST, CALL, NONE, END = "<|request|>", "<|call|>", "<|none|>", "<|end|>"

NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100,
    "dozen": 12,
}  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """One argument. `values` need not stand in the request: each has a token of its own."""

    name: str
    # 'string' | 'integer' | 'enum' | 'boolean' | 'seconds' | 'days' | 'bytes' | 'list' | 'words' | 'value'
    type: str
    values: tuple[str, ...] = ()
    required: bool = False

    @property
    def token(self) -> str | None:
        """The token that opens a span of this argument; an enum and a boolean have none."""
        return None if self.type in ("enum", "boolean") else f"<|arg:{self.name}|>"

    def value_token(self, value: str) -> str:
        return f"<|{self.name}={value}|>"


READS = (
    "_health", "_info", "_discover", "_list", "_usage", "_history", "_status", "_get", "_failed", "_read", "_dependencies", "_query", "_errors",
    "_interfaces", "_listeners", "_connections", "_routes", "_lookup", "_check", "_search", "_stat", "_checksum", "_verify", "_diff", "_report",
    "_score", "_recall", "_suggest", "_prove", "_preview", "_explain", "_logs",
)  # fmt: skip


@dataclass(frozen=True)
class Tool:
    name: str
    args: tuple[Argument, ...] = field(default=())

    @property
    def changes(self) -> bool:
        """Whether the tool changes anything: what is forbidden is mostly a change."""
        return not self.name.endswith(READS)

    @property
    def token(self) -> str:
        return f"<|tool:{self.name}|>"

    def arg(self, name: str) -> Argument:
        for candidate in self.args:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no argument {name}")


def _string(name: str, required: bool = False) -> Argument:
    return Argument(name, "string", required=required)


def _enum(name: str, *values: str) -> Argument:
    return Argument(name, "enum", values)


def _flag(name: str) -> Argument:
    """A yes that the request asks for; a no is what the tool does anyway."""
    return Argument(name, "boolean", ("true",))

_LIMIT = Argument("limit", "integer", ("1",))
_PATH = _string("path", required=True)
_UNIT = _string("unit", required=True)
_NAME = _string("name", required=True)
_SINCE = _string("since")
_INDEX = Argument("index", "integer")
_ID = _string("id", required=True)
_HOST = _string("host", required=True)
_PORT = Argument("port", "integer")
_PRIORITY = _enum("priority", "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_CONFIRM = _enum("confirm", "health", "operator", "both")
_REASON = _string("reason")

TOOLS: tuple[Tool, ...] = (
    # Machine
    Tool("system_health"),
    Tool("system_info"),
    Tool("system_discover", (_flag("listening"),)),
    Tool("process_list", (_enum("sortBy", "cpu", "memory", "startTime"), _string("name"), _LIMIT)),
    Tool("process_signal", (Argument("pid", "integer", required=True), _string("name", required=True),
         _enum("signal", "TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "STOP", "CONT"))),
    Tool("memory_usage"),
    Tool("load_history", (_SINCE,)),
    Tool("hardware_info"),
    Tool("time_status"),
    Tool("user_list", (_enum("kind", "system", "all"),)),
    Tool("login_list", (_string("user"), _LIMIT)),
    Tool("kernel_parameter_get", (_NAME,)),
    Tool("kernel_parameter_set", (_NAME, _string("value", required=True))),
    Tool("system_reboot", (Argument("delaySeconds", "seconds"), _REASON)),
    Tool("system_shutdown", (Argument("delaySeconds", "seconds"), _REASON)),
    # Services and journal
    Tool("service_list", (_enum("state", "active", "inactive", "failed", "running"), _string("name"))),
    Tool("service_status", (_UNIT,)),
    Tool("service_start", (_UNIT,)),
    Tool("service_stop", (_UNIT,)),
    Tool("service_restart", (_UNIT,)),
    Tool("service_reload", (_UNIT,)),
    Tool("service_failed"),
    Tool("unit_read", (_UNIT,)),
    Tool("timer_list", (_string("name"),)),
    Tool("service_dependencies", (_UNIT,)),
    Tool("journal_query", (_string("unit"), _PRIORITY, _SINCE, _string("grep"), _LIMIT)),
    Tool("journal_errors", (_string("unit"), _SINCE, _LIMIT)),
    Tool("boot_list", (_LIMIT,)),
    # Network
    Tool("network_interfaces", (_string("name"),)),
    Tool("network_listeners", (_PORT, _enum("protocol", "tcp", "udp"))),
    Tool("network_connections", (_PORT, _string("address"), _string("process"))),
    Tool("network_routes", (_enum("family", "4", "6"),)),
    Tool("dns_lookup", (_NAME, _enum("types", "A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "CAA", "PTR"))),
    Tool("port_check", (_HOST, Argument("port", "integer", required=True))),
    Tool("http_check", (_string("url", required=True), _string("contains"))),
    Tool("certificate_check", (_HOST, _PORT)),
    Tool("firewall_status"),
    # Web
    Tool("search_web", (_string("query", required=True),)),
    Tool("web_fetch", (_string("url", required=True),)),
    # Files
    Tool("directory_list", (_string("path"),)),
    Tool("directory_usage", (_string("path"), _LIMIT)),
    Tool("file_search", (_string("path"), _string("name"), _string("contains"))),
    Tool("file_read", (_PATH,)),
    Tool("file_stat", (_PATH,)),
    Tool("file_checksum", (_PATH, _enum("algorithm", "sha256", "sha512", "sha1", "md5", "blake2b512"), _string("expected"))),
    Tool("file_write", (_PATH, _string("content"), _enum("mode", "append", "overwrite"))),
    Tool("file_edit", (_PATH, _string("find", required=True), _string("replace", required=True))),
    Tool("file_move", (_string("from", required=True), _string("to", required=True))),
    Tool("file_delete", (_PATH,)),
    Tool("trash_list"),
    Tool("trash_restore", (_string("path"), _string("id"))),
    Tool("trash_empty", (Argument("olderThanDays", "days"),)),
    # Storage and backups
    Tool("disk_list"),
    Tool("disk_usage", (_string("path"),)),
    Tool("mount_list", (_string("under"),)),
    Tool("disk_health", (_string("device"),)),
    Tool("backup_create", (Argument("paths", "list", required=True), _string("set"))),
    Tool("backup_list", (_LIMIT,)),
    Tool("backup_verify", (_ID,)),
    Tool("backup_restore", (_ID, _string("to"), _flag("inPlace"))),
    # NixOS
    Tool("generation_list", (_LIMIT,)),
    Tool("generation_diff", (Argument("from", "integer"), Argument("to", "integer"))),
    Tool("generation_switch", (Argument("number", "integer", required=True), _CONFIRM)),
    Tool("generation_rollback", (_CONFIRM,)),
    Tool("generation_prune", (Argument("keep", "integer"), Argument("olderThanDays", "days"))),
    Tool("nixos_option_get", (_string("option", required=True),)),
    Tool("nixos_option_set", (_string("option", required=True), Argument("value", "value", ("true", "false"), required=True))),
    Tool("nixos_option_unset", (_string("option", required=True),)),
    Tool("nixos_overlay_read"),
    Tool("nixos_build", (_flag("offline"),)),
    Tool("flake_status"),
    Tool("flake_update", (Argument("inputs", "list"),)),
    Tool("package_search", (_string("query", required=True),)),
    Tool("package_list", (_string("name"), _enum("scope", "closure", "profiles"))),
    Tool("store_usage"),
    Tool("store_gc", (Argument("maxFreedBytes", "bytes"),)),
    Tool("store_verify", (_enum("scope", "all"), _flag("contents"))),
    Tool("drift_report"),
    Tool("switch_begin", (_PATH, _enum("activation", "live", "boot"), _CONFIRM)),
    Tool("switch_status", (_string("id"),)),
    Tool("switch_list", (_LIMIT,)),
    Tool("switch_commit", (_string("id"),)),
    Tool("switch_rollback", (_string("id"),)),
    # Commands and apps
    Tool("command_run", (Argument("argv", "words", required=True),)),
    Tool("shell_exec", (_string("script", required=True),)),
    Tool("sandbox_exec", (_string("script"),)),
    Tool("capability_mint", (Argument("tools", "list", required=True), Argument("minutes", "integer"))),
    Tool("app_deploy", (_NAME, Argument("argv", "words", required=True), _enum("network", "none", "local", "full"))),
    Tool("app_list"),
    Tool("app_logs", (_NAME, _SINCE, _LIMIT)),
    Tool("app_start", (_NAME,)),
    Tool("app_stop", (_NAME,)),
    Tool("app_restart", (_NAME,)),
    Tool("app_remove", (_NAME, _flag("state"))),
    # Watching
    Tool("watcher_list"),
    Tool("watcher_add", (_NAME,)),
    Tool("watcher_remove", (_NAME,)),
    Tool("routine_list"),
    Tool("routine_add", (_NAME,)),
    Tool("routine_remove", (_NAME,)),
    Tool("routine_trigger", (_NAME,)),
    Tool("routine_history", (_string("name"), _LIMIT)),
    # Security and incidents
    Tool("hardening_score", (_enum("outcome", "pass", "fail", "unknown"),)),
    Tool("integrity_status"),
    Tool("integrity_baseline"),
    Tool("incident_list", (_enum("state", "open", "contained", "resolved"), _LIMIT)),
    Tool("incident_create", (_string("subject", required=True), _string("summary", required=True))),
    Tool("incident_step", (_ID, _string("note", required=True), _flag("contained"))),
    Tool("incident_resolve", (_ID, _string("resolution", required=True))),
    # Models and memory
    Tool("model_list", (_flag("removed"),)),
    Tool("model_import", (_PATH, _string("sha256"))),
    Tool("model_status", (_ID,)),
    Tool("model_verify", (_ID,)),
    Tool("model_remove", (_ID,)),
    Tool("memory_recall", (_string("about", required=True),)),
    Tool("memory_list", (Argument("tags", "list"), _LIMIT)),
    Tool("memory_store", (_string("text", required=True), Argument("tags", "list"))),
    Tool("memory_forget", (Argument("id", "integer", required=True),)),
    # Skills and learning
    Tool("skill_list", (_string("about"),)),
    Tool("skill_read", (_NAME,)),
    Tool("skill_propose", (_NAME,)),
    Tool("observation_list", (Argument("days", "integer"), _enum("kind", "failing_tool", "refused_call", "restarted_unit",
         "denied_call", "approved_call", "slow_tool", "failing_routine"))),
    Tool("pattern_list", (Argument("days", "integer"),)),
    Tool("optimization_suggest", (_flag("all"),)),
    Tool("optimization_apply", (_enum("id", "store-gc", "store-optimise", "journal-limit", "journal-lasting", "zram-swap", "fstrim",
         "disk-watch", "clock", "firewall", "ssh-passwords", "ssh-keyboard-passwords", "ssh-root", "apparmor"),)),
    # MCP servers
    Tool("mcp_server_list"),
    Tool("mcp_server_start", (_string("server", required=True),)),
    Tool("mcp_server_stop", (_string("server", required=True),)),
    Tool("mcp_server_restart", (_string("server", required=True),)),
    # Ledger, undo, approvals
    Tool("ledger_query", (_LIMIT, _string("tool"), _string("agent"), _SINCE)),
    Tool("ledger_verify"),
    Tool("ledger_prove", (Argument("index", "integer", required=True),)),
    Tool("undo_preview", (_INDEX,)),
    Tool("undo_apply", (_INDEX,)),
    Tool("approval_request", (_string("tool", required=True),)),
    Tool("approval_list", (_enum("state", "pending", "approved", "denied", "expired"),)),
    Tool("approval_status", (_string("approvalId", required=True),)),
    Tool("receipt_list", (_string("tool"), _LIMIT)),
    Tool("policy_explain", (_string("tool", required=True),)),
)


def tool_named(name: str) -> Tool:
    for tool in TOOLS:
        if tool.name == name:
            return tool
    raise KeyError(f"no tool is called {name}")


def special_tokens() -> list[str]:
    """Every control token, without duplicates (a duplicate text aborts llama.cpp), in a fixed order."""
    tokens = [REQUEST, CALL, NONE, END]
    for tool in TOOLS:
        tokens.append(tool.token)
    for tool in TOOLS:
        for arg in tool.args:
            if arg.token is not None:
                tokens.append(arg.token)
            tokens.extend(arg.value_token(value) for value in arg.values)
    return list(dict.fromkeys(tokens))


def metadata() -> dict[str, object]:
    """The JSON of `castellan.tools`."""
    tools = []
    for tool in TOOLS:
        args = []
        for arg in tool.args:
            entry: dict[str, object] = {"name": arg.name, "type": arg.type}
            if arg.token is not None:
                entry["token"] = arg.token
            if arg.values:
                entry["values"] = {value: arg.value_token(value) for value in arg.values}
            if arg.required:
                entry["required"] = True
            args.append(entry)
        tools.append({"name": tool.name, "token": tool.token, "args": args})
    return {
        "format": 3,
        "request": REQUEST,
        "call": CALL,
        "none": NONE,
        "end": END,
        "numberWords": NUMBER_WORDS,
        "tools": tools,
    }
