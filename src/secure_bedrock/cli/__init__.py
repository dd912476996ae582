"""The command line: each subcommand is one file with `add_parser(subparsers)` and `run(args) -> int`."""
