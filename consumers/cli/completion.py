"""`airledger completion`: the completion script of a shell."""

from typing import Annotated, Literal

from cyclopts import Parameter


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="The shell.")], /
) -> None:
    """Print a script by which a shell completes the commands, their options and their values.

    bash: airledger completion bash > ~/.local/share/bash-completion/completions/airledger

    zsh: airledger completion zsh > a directory of fpath/_airledger

    fish: airledger completion fish > ~/.config/fish/completions/airledger.fish
    """
    from consumers.cli.app import add_stream_groups, app

    add_stream_groups()
    print(app.generate_completion(prog_name="airledger", shell=shell), end="")
