"""``python -m sco_qa`` is ``sco-qa``."""

from sco_qa.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
