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
    type: str  # 'string' | 'integer' | 'enum'
    values: tuple[str, ...] = ()
    required: bool = False

    @property
    def token(self) -> str | None:
        """The token that opens a span of this argument; an enum has none."""
        return None if self.type == "enum" else f"<|arg:{self.name}|>"

    def value_token(self, value: str) -> str:
        return f"<|{self.name}={value}|>"


@dataclass(frozen=True)
class Tool:
    name: str
    args: tuple[Argument, ...] = field(default=())

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


# "the hungriest process" names no number and yet means one.
_LIMIT = Argument("limit", "integer", ("1",))
_PATH = _string("path", required=True)

TOOLS: tuple[Tool, ...] = (
    Tool("system_health"),
    Tool("system_info"),
    Tool("process_list", (_enum("sortBy", "cpu", "memory", "startTime"), _string("name"), _LIMIT)),
    Tool("memory_usage"),
    Tool("disk_usage", (_string("path"),)),
    Tool("service_list", (_enum("state", "active", "inactive", "failed", "running"), _string("name"))),
    Tool("service_status", (_string("unit", required=True),)),
    Tool("service_failed"),
    Tool(
        "journal_query",
        (
            _string("unit"),
            _enum("priority", "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"),
            _string("since"),
            _string("grep"),
            _LIMIT,
        ),
    ),
    Tool("network_listeners", (Argument("port", "integer"), _enum("protocol", "tcp", "udp"))),
    Tool("directory_list", (_string("path"),)),
    Tool("file_read", (_PATH,)),
    Tool("file_stat", (_PATH,)),
    Tool("file_write", (_PATH, _string("content"), _enum("mode", "append", "overwrite"))),
    Tool("file_edit", (_PATH, _string("find", required=True), _string("replace", required=True))),
    Tool("file_delete", (_PATH,)),
    Tool("trash_list"),
    Tool("trash_restore", (_string("path"), _string("id"))),
    Tool("generation_list"),
    Tool("ledger_query", (_LIMIT, _string("tool"), _string("since"))),
    Tool("ledger_verify"),
    Tool("undo_apply", (Argument("index", "integer"),)),
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
        "format": 1,
        "request": REQUEST,
        "call": CALL,
        "none": NONE,
        "end": END,
        "numberWords": NUMBER_WORDS,
        "tools": tools,
    }
