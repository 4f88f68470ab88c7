"""`python -m sipsim` is the command line."""

from sipsim.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
