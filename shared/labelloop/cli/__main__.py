"""`labelloop`, and `python -m labelloop.cli`."""

from labelloop.cli.app import app


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="labelloop")


if __name__ == "__main__":
    main()
