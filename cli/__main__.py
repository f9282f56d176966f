"""`python -m cli` is `gavelpay`."""

from cli.main import main

main()
