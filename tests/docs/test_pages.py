"""What the pages say can be followed: links lead somewhere, commands are taken, variables are read, code is code."""

import ast
import json
import re
from collections.abc import Iterator

import yaml

from cli.reference.pages import PAGES
from runtime.settings import describe
from tests.docs.commands import check_command
from tests.docs.reading import DOCS, ROOT, Page, pages

#: Read by libraries, by make, by shells, or by the services beside us.
FOREIGN = {"HTTPS_PROXY"}
#: Words of examples and of the code.
WORDS = {
    "NAME_FILE",
    "EVENT_ID",
    "ID_OR_NUMBER",
    "SESSION_ID",
    "LETTER_ID",
    "NOTICE_ID",
    "PAYMENT_INTENT",
    "REMIND_MAKERS",
    "EVENT_VERSION",
}
_VARIABLE = re.compile(r"(?<![\w./-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w…])")


def test_every_link_leads_somewhere() -> None:
    by_path = {page.path: page for page in pages()}
    wrong = []
    for page in pages():
        for target in page.links():
            place, _, anchor = target.partition("#")
            path = (page.path.parent / place).resolve() if place else page.path
            if not path.exists() or (anchor and anchor not in by_path[path].anchors()):
                wrong.append(f"{page.name}: {target}")
    assert wrong == []


def commands(page: Page) -> Iterator[str]:
    """Each call of `gavelpay` in a page's blocks, without what a shell or a reader adds."""
    for block in page.blocks("", "sh", "bash", "console"):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"(?:\$ )?(gavelpay .+)", line.strip())
            if found and not re.search(r"\[OPTIONS\]|\w\|\w", line):
                yield re.split(r"\s{2,}\S|\s#|\s[|>]\s|\s&&\s|\. [A-Z]", found[1])[0]


def test_every_command_in_a_block_is_one_that_gavelpay_takes() -> None:
    found = [(page.name, command) for page in pages() for command in commands(page)]
    assert len(found) > 50
    for _, command in found:
        check_command(command)


def test_every_command_in_the_text_is_one_that_gavelpay_knows() -> None:
    for page in pages():
        for span in page.spans():
            if span.startswith("gavelpay ") and not set("|[…") & set(span):
                check_command(span, whole=False)


def test_every_variable_that_a_page_names_is_one_that_is_read() -> None:
    ours = {one.name for one in describe()}
    elsewhere = {name for place in ("Procfile", "Makefile", "deploy") for name in _of(place)}
    trials = {name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"GAVELPAY_\w+", file.read_text())}
    known = ours | {f"{name}_FILE" for name in ours} | FOREIGN | WORDS | elsewhere | trials
    wrong = {}
    for page in pages():
        code = [*page.spans(), *page.blocks("", "sh", "bash", "ini", "yaml")]
        named = {name for one in code for name in _VARIABLE.findall(one) if not name.startswith(("AWS_", "OTEL_"))}
        wrong |= dict.fromkeys(named - known, page.name)
    assert wrong == {}


def _of(place: str) -> set[str]:
    path = ROOT / place
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.suffix in (".yml", ".yaml", ".env")]
    return {name for file in files for name in _VARIABLE.findall(file.read_text())}


def test_no_program_of_postgresqls_is_given_a_password_as_an_argument() -> None:
    programs = r"^\s*(?:\$ )?(?:psql|pg_\w+|createdb|dropdb)\b.*(?:\$|:[^\s/]+@)"
    shown = [line for page in pages() for block in page.blocks("", "sh") for line in block.splitlines()]
    assert [line for line in shown if re.search(programs, line)] == []


def test_every_file_of_the_deployment_that_a_page_names_is_there() -> None:
    for page in pages():
        for path in re.findall(r"(?<![\w/])deploy/[\w./-]+", page.text):
            assert (ROOT / path.rstrip(".")).exists(), f"{page.name}: {path}"


def test_every_block_of_python_and_json_is_python_and_json() -> None:
    for language, read in (("python", ast.parse), ("json", json.loads)):
        assert [read(block) for page in pages() for block in page.blocks(language)], language


def test_pages_read_the_same_in_the_site_and_beside_the_code() -> None:
    """MkDocs wants an empty line before lists and tables, and blocks of code that are part of no list."""
    wrong = []
    for page in pages():
        prose = re.sub(r"^```.*?^```$", "```", page.text, flags=re.MULTILINE | re.DOTALL)
        for paragraph in re.split(r"\n\s*\n|^#.*\n", prose, flags=re.MULTILINE):
            first, *rest = paragraph.strip("\n").splitlines() or [""]
            begins = re.match(r"\s*([-*]|\d+\.) |\|", first)
            late = [line for line in rest if re.match(r"([-*]|\d+\.) |\|", line) and not begins]
            wrong += [f"{page.name}: {line}" for line in [*late, *re.findall(r"^ +```", paragraph, re.MULTILINE)]]
    assert wrong == []


def test_every_page_has_its_place_in_the_site() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    placed = set(_leaves(site["nav"]))
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    listed = {name for name in there if name.startswith(("adr/", "runbooks/")) and not name.endswith("/index.md")}
    assert placed == there - listed
    for name in listed:
        folder, _, file = name.partition("/")
        assert f"]({file})" in (DOCS / folder / "index.md").read_text()
    assert {place for place in PAGES if place.endswith(".md")} <= placed


def _leaves(nav: object) -> Iterator[str]:
    for one in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        if isinstance(one, str):
            yield one
        else:
            yield from _leaves(one)


def test_no_page_needs_a_script_to_be_drawn() -> None:
    assert [page.name for page in pages() if list(page.blocks("mermaid"))] == []
