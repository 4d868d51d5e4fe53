"""The command `stackguard completion`, and what a shell completes: ids of policies, stacks, targets; choices by click."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

VARIABLE = "_STACKGUARD_COMPLETE"
"""The variable that a shell's script asks by; it is click's name for this program."""
SHELLS = ("bash", "zsh", "fish")


class PolicyId(click.types.StringParamType):
    """The id of a policy."""

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The ids that begin so, each with its title."""
        from policypack.policies import POLICIES

        return [CompletionItem(policy.id, help=policy.title) for policy in POLICIES if policy.id.startswith(incomplete)]


class StackOfProject(click.types.StringParamType):
    """A stack of the projects on the command line, or of that in the working folder."""

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The stacks with a file of their own that begin so."""
        from stackguard.errors import CannotJudge
        from stackguard.preview.project import project

        names: set[str] = set()
        # a line that ends in an option is not parsed: what is before it is in `ctx.args`
        folders = [Path(word) for word in (*_targets(ctx.params), *ctx.args) if Path(word).is_dir()]
        for folder in folders or [Path()]:
            with contextlib.suppress(CannotJudge, OSError):
                names.update(project.stacks(project.nearest(folder) or folder))
        return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


class Target(click.types.StringParamType):
    """A folder or a file."""

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """What the shell itself completes."""
        return [CompletionItem(incomplete, type="file")]


TYPES = {
    "policy": PolicyId(),
    "policy_id": PolicyId(),
    "stack": StackOfProject(),
    "target": Target(),
    "targets": Target(),
}
"""By parameter of any command, what is completed."""


@click.command(short_help="Print a script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script by which SHELL completes commands, options, formats, ids of policies and stacks.

    \b
    Examples:
      echo 'eval "$(stackguard completion bash)"' >> ~/.bashrc
      echo 'eval "$(stackguard completion zsh)"' >> ~/.zshrc
      stackguard completion fish > ~/.config/fish/completions/stackguard.fish
    """  # noqa: D301 (click reads the character \\b)
    shell_class = get_completion_class(shell)
    assert shell_class is not None
    click.echo(shell_class(ctx.find_root().command, {}, "stackguard", VARIABLE).source())


def complete(commands: Iterable[click.Command]) -> None:
    """Let shells complete the parameters of commands, and of the commands in them."""
    for command in commands:
        if isinstance(command, click.Group):
            complete(command.commands.values())
        for parameter in command.params:
            if isinstance(parameter.type, click.types.StringParamType):
                parameter.type = TYPES.get(parameter.name or "", parameter.type)


def _targets(parameters: dict[str, object]) -> list[str]:
    given = parameters.get("targets") or parameters.get("target") or ()
    return [given] if isinstance(given, str) else [str(target) for target in given] if isinstance(given, tuple) else []
