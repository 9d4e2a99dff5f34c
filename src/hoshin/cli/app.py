"""`hoshin AREA NAME ARGUMENTS`: every command is a use case of `hoshin.service`.

Only help text is read when help is asked for; an area is imported when one of its commands runs.
Data goes to stdout, progress and errors to stderr. Exit codes: 0 ok, 1 internal error, 2 wrong use or
input, 3 a gate failed, and those of `hoshin.errors`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hoshin.errors import HoshinError, InvalidInput
from hoshin.service._use_case import TOP, area_summary, areas, listed, load

if TYPE_CHECKING:
    from hoshin.service._use_case import Parameter, UseCase

KINDS: dict[type, click.ParamType[Any]] = {
    str: click.STRING,
    int: click.INT,
    float: click.FLOAT,
    bool: click.BOOL,
    Path: click.Path(path_type=Path),
}


class Areas(click.Group):
    """The top: areas, and the use cases of the TOP area beside them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        top = [dashed(u.name) for u in sorted(listed(), key=lambda u: u.area != TOP) if u.top]
        return [*top, "serve"] + [a for a in areas.names() if any(u.area == a and not u.top for u in listed())]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == "serve":
            from hoshin.cli.serve import serve

            return serve
        if name in areas.names() and name != TOP:
            return Area(name, help=area_summary(name), no_args_is_help=True)
        return Area(TOP).get_command(ctx, name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return resolve(super().resolve_command, self, ctx, args)


class Area(click.Group):
    """The use cases of one file of `hoshin.service`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [dashed(u.name) for u in listed() if u.area == self.name and not u.top]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for use in listed():
            if (use.top if self.name == TOP else use.area == self.name) and dashed(use.name) == name:
                return Lazy(name, use.area, use.name, use.summary)
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return resolve(super().resolve_command, self, ctx, args)


def resolve(inner: Callable[..., Any], group: click.Group, ctx: click.Context, args: list[str]) -> Any:
    """click's own look-up, with the nearest command in the error."""
    if args and not args[0].startswith("-") and group.get_command(ctx, args[0]) is None:
        known = group.list_commands(ctx)
        raise InvalidInput.unknown("cli.command", "command", args[0], known)
    return inner(ctx, args)


class Lazy(click.Command):
    """A command that imports its use case only when it is run or asked for its own help."""

    def __init__(self, name: str, area: str, function: str, summary: str) -> None:
        super().__init__(name, short_help=summary, callback=None)
        self._where = (area, function)
        self._loaded: UseCase | None = None

    def use(self) -> UseCase:
        if self._loaded is None:
            self._loaded = load(*self._where)
            self.help = "\b\n" + self._loaded.doc.replace("\n\n", "\n\n\b\n")
            self.params = [option(p) for p in self._loaded.parameters] + common()
        return self._loaded

    def make_parser(self, ctx: click.Context) -> Any:
        self.use()
        return super().make_parser(ctx)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        self.use()
        return super().get_params(ctx)

    def invoke(self, ctx: click.Context) -> None:
        from hoshin.cli.render import render
        from hoshin.cli.terminal import Terminal
        from hoshin.service._door import perform, signed_in
        from hoshin.service._workspace import open_workspace

        use = self.use()
        given = {p.name: given_value(p, ctx.params[p.name]) for p in use.parameters}
        style = "json" if ctx.params["json"] else ctx.params["format"]
        progress = Terminal(quiet=ctx.params["quiet"])
        start = ctx.params["workspace"]
        if use.bare:
            render(use.call(start or Path.cwd(), **given), style)
        else:
            render(perform(use, signed_in(open_workspace(start, progress)), given), style)


def given_value(parameter: Parameter, value: Any) -> Any:
    if parameter.many:
        return list(value) if value or parameter.required else parameter.default
    return value


def dashed(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def option(parameter: Parameter) -> click.Parameter:
    """A keyword-only parameter is an option, a flag if bool; the others are arguments."""
    kind = click.Choice(parameter.choices) if parameter.choices else KINDS[parameter.kind]
    if not parameter.named:
        return click.Argument(
            [parameter.name],
            type=kind,
            nargs=-1 if parameter.many else 1,
            required=parameter.required,
            default=None if parameter.required or parameter.many else parameter.default,
            help=parameter.help,
        )
    flag = "--" + dashed(parameter.name)
    if parameter.kind is bool:
        names = [f"{flag}/--no-{flag[2:]}", parameter.name]
        return click.Option(names, default=parameter.default, help=parameter.help, show_default=True)
    return click.Option(
        [flag, parameter.name, *([parameter.short] if parameter.short else [])],
        type=kind,
        multiple=parameter.many,
        required=parameter.required,
        default=None if parameter.many or parameter.required else parameter.default,
        help=parameter.help,
        show_default=parameter.default not in (None, ""),
    )


def common() -> list[click.Parameter]:
    """The options every command has."""
    return [
        click.Option(["--json"], is_flag=True, help="Print JSON."),
        click.Option(["--format"], type=click.Choice(["table", "csv", "json"]), default="table", help="How to print."),
        click.Option(
            ["--workspace", "-w"],
            type=KINDS[Path],
            help="The workspace folder; default: the one around here.",
        ),
        click.Option(["--quiet", "-q"], is_flag=True, help="No progress on stderr."),
    ]


@click.command(cls=Areas, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hoshin", prog_name="hoshin")
def cli() -> None:
    """From event log to audited savings.

    \b
    hoshin demo                          the whole story on a real log
    hoshin init && hoshin log import incidents.csv
    hoshin mine map incidents
    hoshin report incidents
    """


def main() -> None:
    """Run the command line and turn errors into a message, a next step and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    wants_json = "--json" in args
    try:
        cli.main(args, prog_name="hoshin", standalone_mode=False)
    except HoshinError as error:
        complain(error, wants_json)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.ClickException as error:
        hint = f"See: {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        complain(InvalidInput("cli.usage", error.format_message(), hint=hint), wants_json)
        return 2
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("Stopped. Nothing was left half-written.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None
        return 0
    return 0


def complain(error: HoshinError, as_json: bool) -> None:
    if as_json:
        import msgspec

        print(msgspec.json.encode(error.problem(), enc_hook=str).decode(), file=sys.stderr)
        return
    print(f"error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  next: {error.hint}", file=sys.stderr)
    print(f"  code: {error.code}", file=sys.stderr)
