"""`python -m neuroskyrm` is the command `neuroskyrm`."""

from neuroskyrm.app.cli import main

if __name__ == "__main__":
    main()
