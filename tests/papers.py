"""The folder that docs/own-documents.md speaks of: one document of each format, a broken one, a huge one, a copy."""

from __future__ import annotations

from pathlib import Path

from tests.documents import samples
from tests.documents.samples import paragraph

PUMP = "Notes on the water works\n\nThe old pump was moved to hall two in March. It was built in Bremen in 1962.\n"
PLAN = (
    "# Repairs this year\n\n## Roof\n\nThe roof of the main hall is mended in May by the carpenters of Lund.\n\n"
    "## Windows\n\nThe windows are painted green.\n"
)
CANTEEN = (
    "<html><head><title>The canteen</title><meta name='author' content='A. Cook'></head><body>"
    "<nav><a href='/'>Home</a> <a href='/news'>News</a> <a href='/shop'>Shop</a></nav><h1>The canteen</h1>"
    "<p>The canteen opens at noon and closes at three. Soup is served on Fridays.</p></body></html>"
)
GARAGE = [
    [(60, 500, 18, "The garage"), (60, 470, 10, "The garage holds forty bicycles and two vans.")],
    [(60, 500, 10, "The keys of the garage are kept by Miss Holm.")],
]
LEASE = (
    paragraph("Lease", "H1")
    + paragraph("The land is leased from the city of Malmo until 2041.")
    + paragraph("Rent", "H2")
    + paragraph("The rent is nine hundred crowns a year.")
)
HANDBOOK = {
    "one.xhtml": "<html><body><h1>Safety</h1><p>In a fire, everybody gathers at the flagpole.</p></body></html>",
    "two.xhtml": "<html><body><h1>Visitors</h1><p>Visitors are given a yellow badge.</p></body></html>",
}


def write(folder: Path) -> None:
    """Write the folder."""
    folder.mkdir()
    (folder / "pump.txt").write_text(PUMP, encoding="utf-8")
    (folder / "pump (copy).txt").write_text(PUMP, encoding="utf-8")
    (folder / "repairs.md").write_text(PLAN, encoding="utf-8")
    (folder / "canteen.html").write_text(CANTEEN, encoding="utf-8")
    info = "/Title (The garage) /CreationDate (D:20190401100000)"
    (folder / "garage.pdf").write_bytes(samples.pdf(GARAGE, info=info))
    (folder / "broken.pdf").write_bytes(samples.pdf(GARAGE)[:400])
    (folder / "lease.docx").write_bytes(samples.docx(LEASE))
    metadata = "<dc:title>The handbook</dc:title><dc:creator>B. Warden</dc:creator><dc:date>2021-05</dc:date>"
    (folder / "handbook.epub").write_bytes(samples.epub(HANDBOOK, metadata))
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(65_000_000)
