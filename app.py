"""The chat page: ``python app.py``, or ``make app``."""

from sco_qa.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["serve"]))
