# autointerp
# Makes a corpus of completions from fact tables, and checks it: what make-medical and make-general share.
# SPDX-License-Identifier: Apache-2.0
"""Completions with one short answer each, from fact tables (*.facts).

A corpus is a function of its tables alone: no randomness, no dates. A prompt is the beginning of a sentence whose next
words are one short answer, so that both a raw completion and a chat turn have something to predict. `answer_prefix`, the
text that the assistant's turn starts with, is empty: the prompt itself leads up to the answer. `answer` and `speciality`
are for people and for checks; a reader of the format may ignore them.

A .facts file holds tables, separated by empty lines:

    table SPECIALITY: COLUMN | COLUMN ...
    ask COLUMN: a template with {other} columns, capitalised when written {Other}
    CELL | CELL ...

Templates that ask for the same column from the same other columns take turns, row by row: a fact is asked once in each
direction. A cell that starts with `~` is used in prompts but never asked for (its answer would not be unique); `-` is
an empty cell. Lines that start with `#` are comments.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
PROMPT_LENGTHS = range(20, 161)
ANSWER_LENGTHS = range(1, 37)
PLACEHOLDER = re.compile(r"\{([A-Za-z]+)\}")


class FactError(Exception):
    """A table that cannot be used, with file and line."""


@dataclass
class Template:
    answer: str
    text: str

    @property
    def columns(self):
        return frozenset(name.lower() for name in PLACEHOLDER.findall(self.text))


@dataclass
class Table:
    speciality: str
    columns: list
    place: str
    templates: list = field(default_factory=list)
    rows: list = field(default_factory=list)  # (place, {column: cell})


@dataclass(frozen=True)
class Item:
    speciality: str
    prompt: str
    answer: str
    place: str


def parse(path):
    tables, table = [], None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line, place = raw.strip(), f"{path.name}:{number}"
        if line.startswith("#"):
            continue
        if not line:
            table = None
        elif line.startswith("table "):
            speciality, colon, columns = line.removeprefix("table ").partition(":")
            if not colon:
                raise FactError(f"{place}: expected 'table SPECIALITY: COLUMN | COLUMN', found {line!r}")
            table = Table(speciality.strip(), [name.strip() for name in columns.split("|")], place)
            tables.append(table)
        elif table is None:
            raise FactError(f"{place}: a row outside a table: {line!r}")
        elif line.startswith("ask "):
            answer, colon, text = line.removeprefix("ask ").partition(":")
            template = Template(answer.strip(), text.strip())
            unknown = (template.columns | {template.answer}) - set(table.columns)
            if not colon or unknown:
                raise FactError(f"{place}: unknown columns {sorted(unknown)} in {line!r}")
            table.templates.append(template)
        else:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != len(table.columns):
                raise FactError(f"{place}: expected {len(table.columns)} cells, found {len(cells)}: {line!r}")
            table.rows.append((place, dict(zip(table.columns, cells))))
    for table in tables:
        if not table.templates or not table.rows:
            raise FactError(f"{table.place}: a table needs templates and rows")
    return tables


def fill(text, cells):
    def value(match):
        name = match.group(1)
        cell = cells[name.lower()].removeprefix("~")
        return cell[:1].upper() + cell[1:] if name[0].isupper() else cell

    return PLACEHOLDER.sub(value, text)


def items(table):
    groups = {}
    for template in table.templates:
        groups.setdefault((template.answer, template.columns), []).append(template)
    for row, (place, cells) in enumerate(table.rows):
        for (answer, columns), templates in groups.items():
            if cells[answer].startswith("~") or "-" in {cells[answer], *(cells[name] for name in columns)}:
                continue
            yield Item(table.speciality, fill(templates[row % len(templates)].text, cells), cells[answer], place)


def all_items(folder):
    paths = sorted(folder.glob("*.facts"))
    if not paths:
        raise FactError(f"no fact tables in {folder}")
    return [item for path in paths for table in parse(path) for item in items(table)]


def leaks(item):
    """Whether the prompt gives its answer away; one or two letters count only as a word of their own."""
    if len(item.answer) <= 2:
        return re.search(rf"(?<!\w){re.escape(item.answer)}(?!\w)", item.prompt) is not None
    return item.answer.lower() in item.prompt.lower()


def problems(found, minimum_prompts):
    seen = {}
    for item in found:
        where = f"{item.place}: {item.prompt!r} -> {item.answer!r}"
        if item.prompt in seen:
            yield f"{where}: the same prompt as {seen[item.prompt]}"
        seen[item.prompt] = item.place
        if len(item.prompt) not in PROMPT_LENGTHS:
            yield f"{where}: {len(item.prompt)} characters, expected {PROMPT_LENGTHS[0]} to {PROMPT_LENGTHS[-1]}"
        if len(item.answer) not in ANSWER_LENGTHS:
            yield f"{where}: the answer has {len(item.answer)} characters, expected at most {ANSWER_LENGTHS[-1]}"
        if item.prompt != " ".join(item.prompt.split()) or item.prompt.endswith("."):
            yield f"{where}: stray space or full stop"
        if not (item.prompt[0].isupper() or item.prompt[0].isdigit()):
            yield f"{where}: starts with a small letter"
        if leaks(item):
            yield f"{where}: the prompt contains its answer"
    if len(seen) < minimum_prompts:
        yield f"{len(seen)} distinct prompts, expected at least {minimum_prompts}"


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rendered(found, kind, script, folder):
    lines = [
        f"# {len(found)} {kind} completions with one short answer each, written by {script} from {folder}/.",
        f"# Do not edit: change the tables and run scripts/corpora/{script}.",
        "sequences:",
    ]
    for item in found:
        lines += [
            f"  - prompt: {quoted(item.prompt)}",
            '    answer_prefix: ""',
            f"    answer: {quoted(item.answer)}",
            f"    speciality: {quoted(item.speciality)}",
        ]
    return "\n".join(lines) + "\n"


def run(kind, folder, minimum_prompts, more_problems=lambda found: []):
    """The command line of make-KIND: writes KIND.yaml from the tables in `folder`, or checks it."""
    script, output = f"make-{kind}", HERE / f"{kind}.yaml"
    parser = argparse.ArgumentParser(description=f"Write {output.name} from the fact tables in {folder}/.")
    parser.add_argument("--check", action="store_true", help=f"verify the tables and {output.name}, write nothing")
    check = parser.parse_args().check
    try:
        found = all_items(HERE / folder)
    except FactError as error:
        sys.exit(f"{script}: {error}")
    text = rendered(found, kind, script, folder)
    faults = [*problems(found, minimum_prompts), *more_problems(found)]
    if check and (not output.is_file() or output.read_text(encoding="utf-8") != text):
        faults.append(f"{output.name} is not what the tables give: run {script}")
    for fault in faults:
        print(f"{script}: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)
    if not check:
        output.write_text(text, encoding="utf-8")
    specialities = sorted({item.speciality for item in found})
    answers = len({item.answer for item in found})
    print(f"{len(found)} prompts, {answers} answers, {len(specialities)} specialities: {', '.join(specialities)}")
