"""`python -m dataudit`: the same as the command `dataudit`."""

from auditor.cli.commands import main

if __name__ == "__main__":
    main()
