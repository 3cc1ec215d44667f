from __future__ import annotations

from tests.web.load import BEGIN, END, HEAD, PAGE, Heard, Load, written

SAID = """Running 10s test @ http://127.0.0.1:7860/gradio_api/run/ask
  32 threads and 32 connections
reply 200 900.0 {"encode":7.0,"retrieve":40.0,"read":150.0,"total":200.0}
reply 429 1.5 {}
reply 500 3.0 {}
reply 200 1100.0 {"encode":7.0,"retrieve":20.0,"read":250.0,"total":300.0}
reply 429 2.5 {}
  Thread Stats   Avg      Stdev     Max   +/- Stdev
unanswered 1700.5
broken 2
"""


def load(said: str) -> Load:
    return Load(workers=2, connections=32, seconds=10, heard=Heard.of(said), workers_cpu_s=17.0, milvus_cpu_s=2.0)


def test_what_wrk_heard_is_a_row() -> None:
    assert load(SAID).row() == "| 2 | 32 | 0.2 | 1000 | 1090 | 1700 | 2 | 3 | 80% | 12% | 1.7 | 0.2 |\n"


def test_a_load_without_answers_is_a_row_without_figures() -> None:
    said = "reply 429 1.5 {}\nunanswered 9000.0\nbroken 0\n"
    assert load(said).row() == "| 2 | 32 | 0.0 | – | – | 9000 | 1 | 0 | – | – | 1.7 | 0.2 |\n"


def test_only_the_table_of_the_page_is_written() -> None:
    page = written(f"before\n\n{BEGIN}old\n{END}\nafter\n", [load(SAID)], kind="2 cores")
    assert page == (
        f"before\n\n{BEGIN}On 2 cores; wrk and Milvus Lite share them with the workers; 10 s a row:\n\n"
        f"{HEAD}{load(SAID).row()}{END}\nafter\n"
    )
    assert written(page, [load(SAID)], kind="2 cores") == page


def test_the_page_has_a_place_for_the_table() -> None:
    before, _, after = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    assert before
    assert END in after
